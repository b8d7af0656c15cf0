import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/read.ts";
import { mistakes, pool } from "./configs.ts";

const config = ({ stores = {}, ...more }: { readonly stores?: object; readonly [setting: string]: unknown } = {}) => ({
  pools: [pool()],
  stores: { authority: { type: "cookie", revocation: "kv" }, ...stores },
  ...more,
});
const beside = (accepted: string) => `accepted: ${accepted} with stores.authority "cookie"`;

describe("cookies as the authority", () => {
  it("need no further setting, and have neither replicas nor backups", () => {
    const read = readConfig(config());
    expect(read.kind === "ok" && read.config.stores).toMatchObject({ replicate: "off", backup: "off" });
  });

  it("are read as they were once they are filled in", () => {
    const read = readConfig(config());
    const filled = read.kind === "ok" ? read.config : undefined;
    expect(filled?.pools[0]?.session.may).toEqual(["patch", "end"]);
    expect(readConfig(filled)).toEqual(read);
  });

  it("go with a cookie of another name, and with timeouts", () => {
    const carriers = [{ type: "cookie", name: "shop", sameSite: "strict", persistent: "remembered" }];
    expect(
      mistakes(config({ carriers, session: { idleSeconds: 1_800 }, routes: [{ path: "/*", pool: "shop" }] })),
    ).toEqual([]);
  });

  it.each<[{ readonly [setting: string]: unknown }, string]>([
    [
      { principals: {} },
      `principals: found an object, ${beside("nothing")}: no cookie knows of a login in another one`,
    ],
    [
      { logins: [{ id: "staff", issuer: "https://id.test", clientId: "shop" }] },
      `logins: found a list, ${beside("nothing")}: no cookie knows of a login in another one`,
    ],
    [
      { session: { remember: { idleSeconds: 604_800, absoluteSeconds: 2_592_000 } } },
      `session.remember: found an object, ${beside("nothing")}: there is no login`,
    ],
    [
      { session: { maxAttributeBytes: 2_048 } },
      `session.maxAttributeBytes: found 2048, ${beside("nothing")}: attributes and flash take at most 512 bytes there`,
    ],
    [
      { stores: { replicate: "travel" } },
      `stores.replicate: found "travel", ${beside('"off"')}: two responses may give one version to different contents`,
    ],
    [
      { stores: { fallback: "redis-tcp" } },
      `stores.fallback: found "redis-tcp", ${beside('"redis"')}: there is no store to stand in for`,
    ],
    [{ stores: { backup: "async" } }, `stores.backup: found "async", ${beside('"off"')}: there is no store to back up`],
    [
      { routes: [{ path: "/*", pool: "shop", locking: "unsafe" }] },
      `routes[0].locking: found "unsafe", ${beside('"none"')}: requests have no common place to wait`,
    ],
    [
      { carriers: [{ type: "cookie", prefix: "__Secure-", domain: "example.com" }] },
      `carriers[0].domain: found "example.com", ${beside("nothing")}: another host could plant a session`,
    ],
    [
      { carriers: [{ type: "cookie", prefix: "__Secure-" }] },
      `carriers[0].prefix: found "__Secure-", ${beside('"__Host-"')}: another host could plant a session`,
    ],
    [
      { carriers: [{ type: "cookie", sameSite: "none", partitioned: true }] },
      `carriers[0].partitioned: found true, ${beside("false")}: browsers keep 10 KB for each partition, and drop the rest silently`,
    ],
    [
      { carriers: [{ type: "cookie" }, { type: "header" }] },
      `carriers[1]: found "header", ${beside('"cookie"')}: no other carrier has room for a session`,
    ],
    [
      { carriers: [{ type: "url" }] },
      `carriers[0]: found "url", ${beside('"cookie"')}: no other carrier has room for a session`,
    ],
    [
      { pools: [{ ...pool(), session: { may: ["patch", "principal"] } }] },
      `pools[0].session.may[1]: found "principal", ${beside('"patch" and "end"')}: a login needs a rotation, and no cookie knows of a rotation in another one`,
    ],
    [
      { admin: { attributes: true } },
      `admin.attributes: found true, ${beside("false")}: operators cannot see what a browser holds`,
    ],
  ])("refuse %j, with the reason", (more, line) => expect(mistakes(config(more))).toContain(line));

  it.each(["login", "adopt"])("refuse %s", (key) => {
    expect(mistakes(config({ [key]: {} }))).toContainEqual(expect.stringContaining(beside("nothing")));
  });
});
