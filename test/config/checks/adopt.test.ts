import { describe, expect, it } from "vitest";
import { mistakes, pool, resolved } from "../configs.ts";

const ENTRY = {
  from: "app",
  cookies: ["sid"],
  confirm: { pool: "old", path: "/moor-adopt" },
  until: "2027-03-01T00:00:00Z",
};
const POOLS = { pools: [pool(), pool({ id: "old" })], routes: [{ path: "/*", pool: "shop" }] };
const withEntry = (changes: object, config: object = {}) =>
  mistakes({ ...POOLS, ...config, adopt: [{ ...ENTRY, ...changes }] });

describe("adopt", () => {
  it("is nothing by default, and gives an entry a grace period of 30 seconds", () => {
    expect(resolved(POOLS).adopt).toEqual([]);
    expect(resolved({ ...POOLS, adopt: [ENTRY] }).adopt).toEqual([{ ...ENTRY, graceSeconds: 30 }]);
  });

  it.each([
    [{ until: undefined }, "adopt[0].until: found nothing, accepted: a time in UTC, as in 2027-01-01T00:00:00Z"],
    [
      { until: "2027-03-01" },
      'adopt[0].until: found "2027-03-01", accepted: a time in UTC, as in 2027-01-01T00:00:00Z',
    ],
    [{ cookies: [] }, "adopt[0].cookies: found an empty list, accepted: a list of at least one name of a cookie"],
    [{ graceSeconds: 301 }, "adopt[0].graceSeconds: found 301, accepted: a whole number, 0 to 300"],
    [
      { confirm: { pool: "older", path: "/moor-adopt" } },
      'adopt[0].confirm.pool: found "older", accepted: the id of a pool: shop, old',
    ],
    [
      { confirm: { pool: "shop", path: "/moor-adopt" } },
      'adopt[0].confirm.pool: found "shop", to which all routes with sessions lead, accepted: a pool beside at least one other pool ' +
        "to which a route with sessions leads: sessions are adopted there",
    ],
    [
      { cookies: ["__Host-moor"] },
      'adopt[0].cookies[0]: found "__Host-moor", accepted: a cookie of the old application, and not the cookie of Moor',
    ],
    [
      { cookies: ["sid", "sid"] },
      'adopt[0].cookies[1]: found "sid", as at adopt[0].cookies[0], accepted: a cookie that stands in no other place of adopt',
    ],
    [{ follow: "both" }, 'adopt[0].follow: found "both", accepted: one of end'],
  ])("refuses %j", (changes, line) => expect(withEntry(changes)).toEqual([line]));

  it.each([
    ["express-session", { store: { type: "connect-redis" } }],
    ["express-session", { store: { type: "connect-pg-simple", table: "web.session" }, principal: "passport.user" }],
    ["iron-session", { pool: "old", domain: "example.com", principal: "user.id" }],
    ["next-auth", { principal: "sub", readOnly: true }],
  ])("takes %s without the old application: %j", (from, settings) => {
    const read = resolved({ ...POOLS, adopt: [{ ...ENTRY, confirm: undefined, from, ...settings }] });
    expect(read.adopt).toEqual([expect.objectContaining({ from, ...settings, graceSeconds: 30 })]);
  });

  it.each([
    ["django", "Django", "django"],
    ["php", "PHP", "php"],
    ["laravel", "Laravel", "php"],
    ["rails", "Rails", "rails"],
    ["cookie-session", "cookie-session", "express"],
    ["spring", "Spring Session", "spring"],
    ["constructor", "constructor", "other"],
  ])("refuses %s by its name without the old application, and says how it moves in", (from, name, page) => {
    expect(withEntry({ from, confirm: undefined })).toEqual([
      `adopt[0].from: found "${from}", accepted: express-session, iron-session or next-auth, which Moor reads by itself. For ${name} add ` +
        `confirm: { pool, path }: the old application says who a visitor is, as docs/guide/moving-in/${page}.md shows`,
    ]);
  });

  const READ = { from: "express-session", confirm: undefined, store: { type: "connect-redis" } };
  it.each([
    [
      { store: undefined },
      'adopt[0].store: found nothing, accepted: { type: "connect-redis" } or { type: "connect-pg-simple" }; for any other store: confirm',
    ],
    [
      { store: { type: "connect-mongo" } },
      'adopt[0].store.type: found "connect-mongo", accepted: one of connect-redis, connect-pg-simple',
    ],
    [
      { store: { type: "connect-pg-simple", table: 'session"; DROP TABLE x' } },
      'adopt[0].store.table: found "session\\"; DROP TABLE x", accepted: the name of a table of A-Z a-z 0-9 _, as in session or web.session',
    ],
    [
      { follow: "end" },
      'adopt[0].follow: found "end", accepted: nothing without confirm: only the old application can tell of a logout',
    ],
    [
      { principal: "a..b" },
      'adopt[0].principal: found "a..b", accepted: 1 to 8 names with dots between them, as in passport.user',
    ],
    [{ pool: "older" }, 'adopt[0].pool: found "older", accepted: the id of a pool: shop, old'],
    [
      { pool: "shop" },
      'adopt[0].pool: found "shop", to which all routes with sessions lead, accepted: a pool beside at least one other pool to which a ' +
        "route with sessions leads: sessions are adopted there",
    ],
    [
      { from: "iron-session" },
      "adopt[0].store: found an object, accepted: nothing with iron-session: its sessions are in the cookie",
    ],
    [
      { from: "app", confirm: ENTRY.confirm },
      "adopt[0].store: found an object, accepted: nothing with confirm: the old application says who a visitor is",
    ],
  ])("refuses %j of sessions that Moor reads by itself", (changes, line) => {
    expect(withEntry({ ...READ, ...changes })).toEqual([line]);
  });

  it("refuses readOnly beside confirm, because the old application itself names the Moors that only read", () => {
    expect(withEntry({ readOnly: true })).toEqual([
      "adopt[0].readOnly: found true, accepted: nothing with confirm: MOOR_READER_ISSUERS of the old application names the Moors that only read",
    ]);
  });

  it("knows the cookie by its own name", () => {
    const carriers = [{ type: "cookie", name: "shop", prefix: "__Secure-" }];
    expect(withEntry({ cookies: ["shop"] }, { carriers })).toHaveLength(1);
    expect(withEntry({ cookies: ["__Secure-shop"] }, { carriers })).toHaveLength(1);
    expect(withEntry({ cookies: ["moor"] }, { carriers })).toEqual([]);
  });

  it("refuses two old applications of one name", () => {
    const lines = mistakes({ ...POOLS, adopt: [ENTRY, { ...ENTRY, cookies: ["other"] }] });
    expect(lines).toEqual([
      'adopt[1].from: found "app", as at adopt[0].from, accepted: a name that no other old application has',
    ]);
  });

  it("refuses a limit that refuses logins, because a visitor who is adopted is logged in already", () => {
    const principals = { limit: { sessions: 3, onTooMany: "refuse" } };
    expect(withEntry({}, { principals })).toEqual([
      'principals.limit.onTooMany: found "refuse", accepted: "end-oldest" with adopt: a visitor who is adopted is logged in already',
    ]);
  });
});
