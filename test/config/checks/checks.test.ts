import { describe, expect, it } from "vitest";
import { mistakes, origin, pool } from "../configs.ts";

describe("ids among each other", () => {
  it("are unique among pools", () => {
    expect(mistakes({ pools: [pool(), pool({ id: "b" }), pool()] })).toEqual([
      'pools[2].id: found "shop", as at pools[0], accepted: an id that no other pool has',
    ]);
  });

  it("are unique among the origins of a pool", () => {
    expect(mistakes({ pools: [pool({ origins: [origin(), origin({ url: "http://b" }), origin()] })] })).toEqual([
      'pools[0].origins[1].id: found "a", as at pools[0].origins[0], accepted: an id that no other origin of the pool has',
      'pools[0].origins[2].id: found "a", as at pools[0].origins[0], accepted: an id that no other origin of the pool has',
    ]);
  });

  it("may be the same in two pools", () => {
    expect(mistakes({ pools: [pool(), pool({ id: "api" })] })).toEqual([]);
  });
});

describe("timeouts among each other", () => {
  it.each<[object, string[]]>([
    [
      { idleSeconds: 3_600, absoluteSeconds: 1_800 },
      ["session.absoluteSeconds: found 1800, accepted: 3600 to 31536000, as idleSeconds is 3600"],
    ],
    [
      { idleSeconds: 2_592_000 },
      ["session.absoluteSeconds: found the default, 604800, accepted: 2592000 to 31536000, as idleSeconds is 2592000"],
    ],
    [
      { absoluteSeconds: 3_600 },
      ["session.absoluteSeconds: found 3600, accepted: 43200 to 31536000, as idleSeconds is 43200"],
    ],
    [
      { idleSeconds: 600, firstIdleSeconds: 601 },
      ["session.firstIdleSeconds: found 601, accepted: 1 to 600, as idleSeconds is 600"],
    ],
    [
      { absoluteSeconds: 86_400, newSessionHours: 25 },
      ["session.newSessionHours: found 25, accepted: 1 to 24, as absoluteSeconds is 86400"],
    ],
    [
      { idleSeconds: 60, absoluteSeconds: 1_800, newSessionHours: 1 },
      ["session.newSessionHours: found 1, accepted: 0.5 to 0.5, as absoluteSeconds is 1800"],
    ],
    [{ idleSeconds: 600, absoluteSeconds: 600, firstIdleSeconds: 600, newSessionHours: 1 / 6 }, []],
  ])("%j", (session, lines) => expect(mistakes({ pools: [pool()], session })).toEqual(lines));

  it("are compared only if both are right", () => {
    expect(mistakes({ pools: [pool()], session: { idleSeconds: "12h", absoluteSeconds: 60 } })).toEqual([
      'session.idleSeconds: found "12h", accepted: a whole number, 60 to 31536000',
    ]);
  });
});

describe("a strict backup", () => {
  const accepted = 'accepted: true only with stores.backup "sync"';

  it.each<[object, string[]]>([
    [{ strictBackup: true, backup: "sync" }, []],
    [{ strictBackup: false, backup: "off" }, []],
    [{ strictBackup: true }, [`stores.strictBackup: found true with no stores.backup, ${accepted}`]],
    [
      { strictBackup: true, backup: "async" },
      [`stores.strictBackup: found true with stores.backup "async", ${accepted}`],
    ],
    [{ strictBackup: true, backup: "off" }, [`stores.strictBackup: found true with stores.backup "off", ${accepted}`]],
  ])("needs one that is waited for: %j", (stores, lines) => {
    expect(mistakes({ pools: [pool()], stores })).toEqual(lines);
  });

  it.each(["Sync", true, null])("is judged only with a backup that is right by itself, not %j", (backup) => {
    expect(mistakes({ pools: [pool()], stores: { strictBackup: true, backup } })).toEqual([
      expect.stringContaining("stores.backup: found"),
    ]);
  });

  it("is judged only when it is right itself", () => {
    expect(mistakes({ pools: [pool()], stores: { strictBackup: "true", backup: "async" } })).toEqual([
      'stores.strictBackup: found "true", accepted: true or false',
    ]);
  });
});

describe("the team of Cloudflare Access", () => {
  const withTeam = (team: string) => ({ pools: [pool()], admin: { access: { team, aud: "4714c1358e65fe4b" } } });

  it("may be on this machine, but not in a deploy", () => {
    expect(mistakes(withTeam("http://127.0.0.1:9001"))).toEqual([]);
    expect(mistakes(withTeam("http://127.0.0.1:9001"), { deploy: true })).toEqual([
      'admin.access.team: found "http://127.0.0.1:9001", accepted: in a deploy: https:// and the team\'s domain',
    ]);
    expect(mistakes(withTeam("https://team.cloudflareaccess.com"), { deploy: true })).toEqual([]);
  });
});

describe("origins in a deploy", () => {
  const unreachable = [
    "http://10.0.0.1:8080",
    "http://127.1",
    "http://0x7f.0.0.1",
    "http://2130706433",
    "http://017700000001",
    "http://127.0.0.1.",
    "http://%31%32%37.0.0.1",
    "https://[2001:db8::1]/base",
    "http://[::ffff:10.0.0.1]",
    "http://localhost:9001",
    "http://LOCALHOST.",
    "http://a.localhost",
  ];

  it.each(unreachable)("are not at %s, though they may be locally", (url) => {
    const input = { pools: [pool({ origins: [origin({ url })] })] };
    expect(mistakes(input)).toEqual([]);
    expect(mistakes(input, { deploy: true })).toEqual([
      `pools[0].origins[0].url: found "${url}", accepted: in a deploy: a public host name, no IP address and no localhost`,
    ]);
  });

  it.each(["https://a.example.com", "http://localhost.example.com", "https://1.2.3.4.nip.io", "https://10.example"])(
    "may be at %s",
    (url) => expect(mistakes({ pools: [pool({ origins: [origin({ url })] })] }, { deploy: true })).toEqual([]),
  );
});
