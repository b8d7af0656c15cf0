import { describe, expect, it } from "vitest";
import { bindSessions } from "../../src/wiring/sessions.ts";
import { pool, resolved } from "../config/configs.ts";

const KEYS = `1:${"A".repeat(43)}`;
const FOUNDING_LIMIT = { limit: async () => ({ success: true }) };
const ADDRESS = "postgres://moor:hunter2@db.test:5432/moor";
const DATABASE = { prepare: () => ({ bind: () => ({ all: async () => ({ results: [] }) }) }) };

const bound = (authority: object, bindings: object) => sessionsBound(authority, bindings).authority.name;

function sessionsBound(authority: object, bindings: object) {
  const config = resolved({ pools: [pool()], stores: { authority } });
  const env = {
    MOOR_TOKEN_KEYS: KEYS,
    MOOR_STORE_KEYS: KEYS,
    FOUNDING_LIMIT,
    SITE_FOUNDING_LIMIT: FOUNDING_LIMIT,
    ...bindings,
  };
  return bindSessions(env, config, () => {});
}

/** A database of D1 whose rows are due, or are none, and the names of the rows that were read. */
function databaseWith(due: readonly string[], canBeRead: boolean) {
  const read: unknown[] = [];
  const answer = (statement: string, values: readonly unknown[]) => {
    if (statement.startsWith("SELECT name") && statement.includes("due_at")) return due.map((name) => ({ name }));
    if (!statement.includes("AS nonce")) return [];
    read.push(values[0]);
    return [{ tag: null, body: null, store_now: Date.now(), nonce: canBeRead ? values[1] : "of another read" }];
  };
  const prepare = (statement: string) => ({
    bind: (...values: unknown[]) => ({ all: async () => ({ results: answer(statement, values) }) }),
  });
  return { database: { prepare }, read };
}

describe("the cron job of a store of rows", () => {
  it.each([
    ["begins to seal rows anew once none is due", [], true, true],
    ["seals no rows anew while some could not be rung", ["session:a"], false, false],
  ])("%s", async (_what, due, canBeRead, seals) => {
    const { database, read } = databaseWith(due, canBeRead);
    await sessionsBound({ type: "d1" }, { MOOR_D1: database }).sweep();
    expect(read.includes("sealing:progress")).toBe(seals);
  });
});

describe("a store of rows as the authority", () => {
  it.each([
    ["postgres", { type: "postgres" }, { MOOR_POSTGRES: ADDRESS }],
    ["postgres", { type: "postgres" }, { MOOR_POSTGRES: { connectionString: ADDRESS } }],
    ["postgres", { type: "postgres", bindings: ["ONE", "TWO"] }, { ONE: ADDRESS, TWO: { connectionString: ADDRESS } }],
    ["d1", { type: "d1" }, { MOOR_D1: DATABASE }],
    ["memcached", { type: "memcached" }, { MOOR_MEMCACHED: "memcached://cache.test:11211" }],
    ["d1", { type: "d1", bindings: ["ONE", "TWO"] }, { ONE: DATABASE, TWO: DATABASE }],
  ])("%s is bound by %j", (name, authority, bindings) => {
    expect(bound(authority, bindings)).toBe(name);
  });

  it.each([
    [{ type: "postgres" }, {}, "MOOR_POSTGRES is not set; it takes a Hyperdrive, or a secret like"],
    [{ type: "postgres" }, { MOOR_POSTGRES: "mysql://db" }, "MOOR_POSTGRES is no address of Postgres; it takes"],
    [
      { type: "postgres" },
      { MOOR_POSTGRES: "postgres://moor:hunter2%@db/x" },
      "MOOR_POSTGRES is no address of Postgres",
    ],
    [{ type: "postgres", bindings: ["ONE", "TWO"] }, { ONE: ADDRESS }, "TWO is not set"],
    [{ type: "d1" }, {}, "MOOR_D1 is not bound; it takes a D1 database."],
    [{ type: "d1" }, { MOOR_D1: ADDRESS }, "MOOR_D1 is no database of D1; it takes a D1 database."],
    [{ type: "memcached" }, {}, "MOOR_MEMCACHED is not set; it takes one, as in"],
    [{ type: "memcached" }, { MOOR_MEMCACHED: "cache.test:11211" }, "MOOR_MEMCACHED is no address of memcached"],
    [{ type: "d1" }, { MOOR_D1: DATABASE, FOUNDING_LIMIT: undefined }, "FOUNDING_LIMIT is not bound"],
    [{ type: "d1" }, { MOOR_D1: DATABASE, SITE_FOUNDING_LIMIT: undefined }, "SITE_FOUNDING_LIMIT is not bound"],
  ])("%j is refused with the bindings %j, without the text of a secret", (authority, bindings, message) => {
    const attempt = () => bound(authority, bindings);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow("hunter2");
  });
});
