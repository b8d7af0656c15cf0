/** @quick */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { newKeys } from "../../../bin/keys.ts";
import { readVariables } from "../../../bin/serve/environment.ts";
import { readConfig } from "../../../src/config/read.ts";
import type { ResolvedConfig } from "../../../src/config/resolved.ts";

const folder = mkdtempSync(join(tmpdir(), "moor-secrets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keys = await newKeys();
const COMPLETE = { ...keys, MOOR_ISSUER: "https://shop.test", MOOR_REDIS_URL: "redis://:secret@10.0.0.9:6379/0" };

function config(changes: object = {}): ResolvedConfig {
  const pools = [{ id: "shop", origins: [{ id: "a", url: "http://10.0.0.5" }] }];
  const read = readConfig({ pools, stores: { authority: { type: "redis-tcp" } }, ...changes });
  if (read.kind !== "ok") throw new Error(JSON.stringify(read.mistakes));
  return read.config;
}
function mistakes(environment: Record<string, string | undefined>, changes: object = {}): string[] {
  try {
    readVariables(config(changes), environment);
    return [];
  } catch (fault) {
    return (fault as Error).message.split("\n");
  }
}

it("reads each secret from its variable, and the host of the store from its address", () => {
  expect(readVariables(config(), { ...COMPLETE, OTHER: "x" })).toEqual({ values: COMPLETE, storeHosts: ["10.0.0.9"] });
});

it("reads a secret from the file that a variable names", () => {
  const file = join(folder, "token-keys");
  writeFileSync(file, `${keys.MOOR_TOKEN_KEYS}\n`);
  const { values } = readVariables(config(), { ...COMPLETE, MOOR_TOKEN_KEYS: undefined, MOOR_TOKEN_KEYS_FILE: file });
  expect(values).toEqual(COMPLETE);
});

it("reads the secret of each login", () => {
  const login = { issuer: "https://id.test", clientId: "shop" };
  const several = {
    logins: [
      { ...login, id: "staff" },
      { ...login, id: "partners-eu", hosts: ["partner.test"] },
    ],
  };
  const secrets = { MOOR_LOGIN_SECRET: "0", MOOR_LOGIN_SECRET_STAFF: "1", MOOR_LOGIN_SECRET_PARTNERS_EU: "2" };
  const found = (changes: object) => readVariables(config(changes), { ...COMPLETE, ...secrets }).values;
  expect(found({ login })).toEqual({ ...COMPLETE, MOOR_LOGIN_SECRET: "0" });
  expect(found(several)).toEqual({ ...COMPLETE, MOOR_LOGIN_SECRET_STAFF: "1", MOOR_LOGIN_SECRET_PARTNERS_EU: "2" });
});

it("finds the nodes of a Redis Cluster", () => {
  const cluster = { stores: { authority: { type: "redis-tcp", nodes: ["10.0.0.10:6379", "10.0.0.9:6379"] } } };
  const { storeHosts } = readVariables(config(cluster), {
    ...COMPLETE,
    MOOR_REDIS_URL: "redis://:secret@10.0.0.9:6379",
  });
  expect(storeHosts).toEqual(["10.0.0.9", "10.0.0.10"]);
});

it("finds the hosts of every Postgres", () => {
  const postgres = { stores: { authority: { type: "postgres", bindings: ["A", "B"] } } };
  const found = readVariables(config(postgres), {
    ...COMPLETE,
    A: "postgres://u:p@a.test/db",
    B: "postgres://u:p@[::1]:5/db",
  });
  expect(found.storeHosts).toEqual(["a.test", "[::1]"]);
});

describe("an old application", () => {
  const until = "2090-01-01T00:00:00Z";
  const adopting = (...entries: object[]) => ({
    pools: ["new", "old"].map((id) => ({ id, origins: [{ id: "a", url: "http://10.0.0.5" }] })),
    routes: [{ path: "/*", pool: "new" }],
    adopt: entries.map((entry, at) => ({ cookies: [`c${at}`], until, ...entry })),
  });
  const asked = { from: "app", confirm: { pool: "old", path: "/moor-adopt" } };
  const ofRedis = { from: "express-session", store: { type: "connect-redis" } };
  const ofPostgres = { from: "express-session", store: { type: "connect-pg-simple" } };

  it("needs the keys of adoptions, and the ring that it shares with Moor if it is asked", () => {
    expect(mistakes(COMPLETE, adopting(asked))).toEqual([
      expect.stringContaining("MOOR_ADOPT_KEY: found no MOOR_ADOPT_KEY"),
      expect.stringContaining("MOOR_CONFIRM_KEYS: found no MOOR_CONFIRM_KEYS"),
    ]);
    expect(mistakes(COMPLETE, adopting({ from: "iron-session" }))).toEqual([
      expect.stringContaining("MOOR_ADOPT_KEY"),
      expect.stringContaining('accepted: a value that "npm run moor -- import iron-session" prints'),
    ]);
  });

  it("whose store Moor reads tells the host of the store", () => {
    const values = { MOOR_ADOPT_KEY: "k", MOOR_EXPRESS_KEYS: "1:k" };
    const redis = { MOOR_OLD_REDIS_REST_URL: "http://10.0.0.8:8080", MOOR_OLD_REDIS_REST_TOKEN: "t" };
    const found = readVariables(config(adopting(ofRedis)), { ...COMPLETE, ...values, ...redis });
    expect(found).toEqual({ values: { ...COMPLETE, ...values, ...redis }, storeHosts: ["10.0.0.9", "10.0.0.8"] });
    const postgres = { MOOR_OLD_POSTGRES: "postgres://u:p@10.0.0.7/shop" };
    const { storeHosts } = readVariables(config(adopting(ofPostgres)), { ...COMPLETE, ...values, ...postgres });
    expect(storeHosts).toEqual(["10.0.0.9", "10.0.0.7"]);
    expect(
      mistakes({ ...COMPLETE, ...values, MOOR_OLD_POSTGRES: "mysql://u:p@10.0.0.7" }, adopting(ofPostgres)),
    ).toEqual([expect.stringMatching(/^MOOR_OLD_POSTGRES: found another form, accepted: postgres:/)]);
  });
});

describe("a secret that is missing or wrong is named, and its value is not", () => {
  it.each(Object.keys(COMPLETE))("names %s", (name) => {
    const found = mistakes({ ...COMPLETE, [name]: undefined });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${name}: found no ${name} and no ${name}_FILE in the environment, accepted: `);
  });

  it.each(Object.keys(COMPLETE))("names %s in another form", (name) => {
    const [found = ""] = mistakes({ ...COMPLETE, [name]: "the secret" });
    expect(found).toContain(`${name}: found another form`);
    expect(found).not.toContain("the secret");
  });

  it("names the address of a store whose password is not percent-encoded", () => {
    const postgres = { stores: { authority: { type: "postgres" } } };
    const found = [
      ...mistakes({ ...COMPLETE, MOOR_REDIS_URL: "redis://:50%off@10.0.0.9" }),
      ...mistakes({ ...COMPLETE, MOOR_POSTGRES: "postgres://moor:50%off@10.0.0.9/db" }, postgres),
    ];
    expect(found).toEqual([
      expect.stringMatching(/^MOOR_REDIS_URL: found another form, .* percent-encoded$/),
      expect.stringMatching(/^MOOR_POSTGRES: found another form, .* percent-encoded$/),
    ]);
  });

  it("names all of them at once", () => expect(mistakes({})).toHaveLength(5));

  it("names a secret that is given twice, and a file that cannot be read", () => {
    const MOOR_TOKEN_KEYS_FILE = join(folder, "none");
    expect(mistakes({ ...COMPLETE, MOOR_TOKEN_KEYS_FILE }).join()).toContain("accepted: one of them");
    expect(mistakes({ ...COMPLETE, MOOR_TOKEN_KEYS: undefined, MOOR_TOKEN_KEYS_FILE }).join()).toContain("(ENOENT)");
  });

  it("names the token of operators if the configuration has admin", () => {
    expect(mistakes(COMPLETE, { admin: {} }).join()).toContain("MOOR_ADMIN_TOKEN");
    expect(mistakes({ ...COMPLETE, MOOR_ADMIN_TOKEN: "t".repeat(32) }, { admin: {} })).toEqual([]);
  });
});
