// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the edits quote templates of the drivers.
import { made, visit } from "./made.ts";
import type { Rule } from "./rule.ts";

const HOUR = 3_600_000;

/** A visitor comes back once in half a day, for longer than the first token of the session could found it. */
const LONG_VISIT = made(
  [0, visit(0, "add")],
  [600_000, visit(0, "read")],
  [11 * HOUR, visit(0, "read")],
  [22 * HOUR, visit(0, "read")],
  [33 * HOUR, visit(0, "read")],
);

const STATEMENTS = "src/row-stores/sql/statements.ts";
const SCRIPTS = "src/row-stores/redis/row-scripts.ts";
const CONNECTED = "src/row-stores/redis/connected-redis-rows.ts";
const MEMCACHED = "src/row-stores/memcached/memcached-rows.ts";

const NOBODY_IS_LEFT = "a row is deleted only when no token of its session is left, and nobody changes it then";
const LATE_IS_OVER = "what comes after the tombstone was freed founds a row whose own time is over";

/** The rules of the drivers of stores of rows. */
export const DRIVERS: readonly Rule[] = [
  {
    name: "sql-compares",
    rule: "a statement replaces a row only if it has the tag that was seen",
    edits: [{ file: STATEMENTS, from: "AND tag = ${text(8)} AND", to: "AND ${text(8)} <> '' AND" }],
    config: "moor-rows-d1",
    found: { seed: 1, number: 0 },
  },
  {
    name: "sql-founds-where-none-is",
    rule: "a statement founds a row only where there is none",
    edits: [
      {
        file: STATEMENTS,
        from: "DO NOTHING RETURNING tag",
        to: "DO UPDATE SET tag = excluded.tag, body = excluded.body RETURNING tag",
      },
    ],
    config: "moor-rows-d1",
    found: { seed: 1, number: 393 },
  },
  {
    name: "sql-deletes-what-was-seen",
    rule: "a statement deletes a row only if it has the tag that was seen",
    edits: [{ file: STATEMENTS, from: "AND tag = ${text(2)} AND", to: "AND ${text(2)} <> '' AND" }],
    config: "moor-rows-d1",
    redundant: NOBODY_IS_LEFT,
  },
  {
    name: "sql-keeps-for-longer",
    rule: "a change renews the time until which its row is kept",
    edits: [
      {
        file: STATEMENTS,
        from: "keep_until = ${time(4)}, due_at = ${time(5)}, wakes_at = ${time(6)} WHERE",
        to: "due_at = ${time(5)} WHERE",
      },
    ],
    config: "moor-rows-d1",
    made: LONG_VISIT,
  },
  {
    name: "sql-frees-what-is-over",
    rule: "the cron job frees rows that need no longer be kept, and not those that are due",
    edits: [
      { file: STATEMENTS, from: "WHERE keep_until <= ${now} AND name IN", to: "WHERE name IN" },
      {
        file: STATEMENTS,
        from: "wakes_at <= ${once} AND keep_until <= ${once} LIMIT",
        to: "wakes_at <= ${once} LIMIT",
      },
    ],
    config: "moor-rows-d1",
    found: { seed: 1, number: 9 },
  },
  {
    name: "sql-is-never-late",
    rule: "a statement founds no row once its change has expired",
    edits: [{ file: STATEMENTS, from: "${time(6)} WHERE ${now} < ${time(7)}", to: "${time(6)} WHERE ${time(7)} > 0" }],
    config: "moor-rows-d1",
    redundant: LATE_IS_OVER,
  },
  {
    name: "sql-reads-anew",
    rule: "each read has a text of its own, so that no cache answers it",
    edits: [
      {
        file: "src/row-stores/sql/sql-rows.ts",
        from: "const nonce = encodeBase64url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));",
        to: "const nonce = encodeBase64url(new TextEncoder().encode(name.slice(0, NONCE_BYTES)));",
      },
    ],
    config: "moor-rows-postgres",
    found: { seed: 1, number: 0 },
  },
  {
    name: "sql-proves-the-primary",
    rule: "a read that a standby answers is no answer",
    edits: [
      {
        file: "src/row-stores/postgres.ts",
        from: "({ is_standby: isStandby }) => isStandby !== false",
        to: "({ is_standby: isStandby }) => isStandby === undefined",
      },
    ],
    config: "moor-rows-postgres",
    found: { seed: 1, number: 0 },
  },
  {
    name: "redis-compares",
    rule: "the script replaces a row only if it has the tag that was seen",
    edits: [{ file: SCRIPTS, from: "if (held[1] or '') ~= ARGV[1] then", to: "if ARGV[1] ~= ARGV[1] then" }],
    config: "moor-rows-redis",
    found: { seed: 1, number: 0 },
  },
  {
    name: "redis-keeps-until-told",
    rule: "the script has Redis keep a row for as long as it is told",
    edits: [{ file: SCRIPTS, from: "'PEXPIREAT', KEYS[1], ARGV[4]", to: "'PEXPIREAT', KEYS[1], ARGV[6]" }],
    config: "moor-rows-redis",
    found: { seed: 1, number: 0 },
  },
  {
    name: "redis-is-never-late",
    rule: "the script founds no row once its change has expired",
    edits: [{ file: SCRIPTS, from: "if now >= tonumber(ARGV[6]) then return {'late'} end\n", to: "" }],
    config: "moor-rows-redis",
    redundant: LATE_IS_OVER,
  },
  {
    name: "redis-proves-the-primary",
    rule: "a read by a socket asks for a write, which a replica refuses",
    edits: [{ file: CONNECTED, from: "provesPrimary: true", to: "provesPrimary: false" }],
    config: "moor-rows-redis-tcp",
    found: { seed: 1, number: 40 },
  },
  {
    name: "redis-ends-wait",
    rule: "an end waits for a replica, whatever the settings say",
    edits: [{ file: CONNECTED, from: "waitReplicas === 0 && asked.isEnd ?", to: "waitReplicas < 0 && asked.isEnd ?" }],
    config: "moor-rows-redis-tcp-set-back",
    found: { seed: 1, number: 5 },
  },
  {
    name: "redis-changes-wait",
    rule: "with `waitReplicas` a change is acknowledged only when replicas have it",
    edits: [
      {
        file: CONNECTED,
        from: "return attempt(() => replicated(least).then(() => written));",
        to: "return written;",
      },
    ],
    config: "moor-rows-redis-wait-set-back",
    found: { seed: 1, number: 5 },
  },
  {
    name: "redis-doubt-is-settled",
    rule: "a change that too few replicas have is not acknowledged by an attempt that finds it",
    edits: [{ file: CONNECTED, from: "const least = inDoubt;", to: "const least = Math.min(inDoubt, 0);" }],
    config: "moor-rows-redis-wait-set-back",
    found: { seed: 1, number: 40 },
  },
  {
    name: "memcached-compares",
    rule: "memcached replaces a row only if it has the number that was read with it",
    edits: [{ file: MEMCACHED, from: ": `C${last?.cas}`;", to: ': "MS";' }],
    config: "moor-rows-memcached",
    found: { seed: 1, number: 0 },
  },
  {
    name: "memcached-founds-where-none-is",
    rule: "memcached founds a row only where there is none",
    edits: [{ file: MEMCACHED, from: '"ME"', to: '"MS"' }],
    config: "moor-rows-memcached",
    found: { seed: 1, number: 290 },
  },
  {
    name: "memcached-deletes-what-was-seen",
    rule: "memcached deletes a row only if it has the number that was read with it",
    edits: [{ file: MEMCACHED, from: "md ${keyOf(name)} C${last?.cas}", to: "md ${keyOf(name)}" }],
    config: "moor-rows-memcached",
    redundant: NOBODY_IS_LEFT,
  },
  {
    name: "memcached-keeps-until-told",
    rule: "memcached is told how long it must keep a row",
    edits: [{ file: MEMCACHED, from: "T${expiryAt(keepUntil)} ", to: "T${expiryAt(notAfter)} " }],
    config: "moor-rows-memcached",
    found: { seed: 1, number: 0 },
  },
  {
    name: "emptied-is-lost",
    rule: "a memcached that was emptied is told, although it has no record that is older",
    edits: [{ file: "src/store/loss.ts", from: "return isLost ?", to: 'return isLost && store === "" ?' }],
    config: "moor-rows-memcached-set-back",
    found: { seed: 1, number: 0 },
  },
];
