import { insteadOf } from "../../old-formats/refused.ts";
import { isReadFormat } from "../../old-formats/settings.ts";
import { id, isRecord, token } from "../../settings/grammar.ts";
import { describe, type Item, itemsOf, type Mistake } from "../../settings/mistakes.ts";
import { unknownPool } from "./routes.ts";

/** Mistakes between an old application and the rest of the configuration. */
export function adoptMistakes(input: Record<string, unknown>): Mistake[] {
  const entries = itemsOf(input, "adopt");
  if (entries.length === 0) return [];
  const pools = itemsOf(input, "pools");
  return [
    ...entries.flatMap((entry) => formatMistakesOf(entry)),
    ...entries.flatMap(({ value: { confirm, pool }, path }) => [
      ...(isRecord(confirm) ? unknownPool(confirm.pool, `${path}.confirm.pool`, pools) : []),
      ...(pool === undefined ? [] : unknownPool(pool, `${path}.pool`, pools)),
    ]),
    ...repeated(
      entries.map(({ value, path }) => ({ name: value.from, path: `${path}.from` })),
      "a name that no other old application has",
    ),
    ...repeated(entries.flatMap(cookiesOf), "a cookie that stands in no other place of adopt"),
    ...entries.flatMap(cookiesOf).flatMap((cookie) => ownCookie(cookie, input)),
    ...entries.flatMap((entry) => withoutTarget(entry, input)),
    ...refusingLimit(input.principals),
  ];
}

/** An application that is asked says everything by itself. For another, its format must be one that Moor reads. */
function formatMistakesOf({ value, path }: Item): Mistake[] {
  const { from, confirm, store } = value;
  const only = (names: readonly string[], accepted: string): Mistake[] =>
    names.flatMap((name) =>
      value[name] === undefined ? [] : [{ path: `${path}.${name}`, found: describe(value[name]), accepted }],
    );
  if (confirm !== undefined)
    return [
      ...only(
        ["readOnly"],
        "nothing with confirm: MOOR_READER_ISSUERS of the old application names the Moors that only read",
      ),
      ...only(OF_READERS, "nothing with confirm: the old application says who a visitor is"),
    ];
  if (!id.accepts(from)) return [];
  if (!isReadFormat(from)) return [{ path: `${path}.from`, found: describe(from), accepted: insteadOf(from) }];
  const follow = only(["follow"], "nothing without confirm: only the old application can tell of a logout");
  if (from !== "express-session") {
    return [...follow, ...only(["store"], `nothing with ${from}: its sessions are in the cookie`)];
  }
  if (store !== undefined) return follow;
  const accepted = '{ type: "connect-redis" } or { type: "connect-pg-simple" }; for any other store: confirm';
  return [...follow, { path: `${path}.store`, found: "nothing", accepted }];
}

const OF_READERS = ["store", "principal", "pool"];

interface Named {
  readonly name: unknown;
  readonly path: string;
}

function cookiesOf({ value: { cookies }, path }: Item): Named[] {
  if (!Array.isArray(cookies)) return [];
  return cookies.map((name, index) => ({ name, path: `${path}.cookies[${index}]` }));
}

function repeated(items: readonly Named[], accepted: string): Mistake[] {
  const right = items.filter(({ name }) => id.accepts(name) || token.accepts(name));
  return right.flatMap(({ name, path }, index) => {
    const earlier = right.slice(0, index).find((other) => other.name === name);
    return earlier ? [{ path, found: `${describe(name)}, as at ${earlier.path}`, accepted }] : [];
  });
}

/** The token always wins, so its own cookie cannot be an old application's. */
function ownCookie({ name, path }: Named, input: Record<string, unknown>): Mistake[] {
  const carriers = input.carriers === undefined ? [{ type: "cookie" }] : input.carriers;
  const own = (Array.isArray(carriers) ? carriers : []).flatMap((carrier) => {
    if (!isRecord(carrier) || carrier.type !== "cookie") return [];
    const { name: plain = "moor", prefix = "__Host-" } = carrier;
    return [plain, `${prefix}${plain}`];
  });
  if (!own.includes(name)) return [];
  return [{ path, found: describe(name), accepted: "a cookie of the old application, and not the cookie of Moor" }];
}

/** Sessions that go to the old application's own pool are not adopted, so another pool must have sessions too. */
function withoutTarget({ value: { confirm, pool }, path }: Item, input: Record<string, unknown>): Mistake[] {
  const old = isRecord(confirm) ? confirm.pool : pool;
  const pools = itemsOf(input, "pools");
  if (!id.accepts(old) || !pools.some(({ value }) => value.id === old)) return [];
  const routes = input.routes === undefined ? pools.slice(0, 1).map(({ value }) => value.id) : sidesOf(input);
  if (routes.some((pool) => pool !== old)) return [];
  const accepted =
    "a pool beside at least one other pool to which a route with sessions leads: sessions are adopted there";
  return [
    {
      path: `${path}${isRecord(confirm) ? ".confirm" : ""}.pool`,
      found: `${describe(old)}, to which all routes with sessions lead`,
      accepted,
    },
  ];
}

function sidesOf(input: Record<string, unknown>): unknown[] {
  return itemsOf(input, "routes").flatMap((route) => {
    const { pool, session } = route.value;
    if (session === false) return [];
    return Array.isArray(pool) ? itemsOf(route.value, "pool").map(({ value }) => value.id) : [pool];
  });
}

/** An adopted visitor is logged in already, so their login cannot be refused. */
function refusingLimit(principals: unknown): Mistake[] {
  const limit = isRecord(principals) ? principals.limit : undefined;
  if (!isRecord(limit) || limit.onTooMany !== "refuse") return [];
  const accepted = '"end-oldest" with adopt: a visitor who is adopted is logged in already';
  return [{ path: "principals.limit.onTooMany", found: describe(limit.onTooMany), accepted }];
}
