import { BACKUP_AFTER_TOMBSTONE } from "./made-by-hand.ts";
import type { Edit, Rule } from "./rule.ts";
import { LATE_BACKUPS, RACES } from "./shapes.ts";

const freshness = (from: string): Edit => ({ file: "src/session/freshness.ts", from, to: "" });
const versionGuard = freshness('  if (copy.version < seen.version) return "version";\n');
const settleRule = freshness('  if (copy.vouchedAt < seen.issuedAt + bounds.settleMs) return "settle";\n');
const token = (from: string, to: string): Edit => ({ file: "src/request/respond.ts", from, to });

/** The rules that keep a copy from showing a client less than it has seen. */
export const COPIES: readonly Rule[] = [
  {
    name: "version-guard",
    rule: "a copy is not older than the token's version",
    edits: [
      versionGuard,
      { file: "src/store/outage.ts", from: "stale: view.version < seen.version", to: "stale: false" },
    ],
    config: "moor-async",
    found: { seed: 1, number: 69 },
  },
  {
    name: "settle",
    rule: "a copy was vouched for a settle period after the token was signed",
    edits: [settleRule],
    config: "moor-sync-always",
    found: { seed: 1, number: 255 },
  },
  {
    name: "version-guard-and-settle",
    rule: "both",
    edits: [versionGuard, settleRule],
    config: "moor-sync-always",
    found: { seed: 1, number: 16 },
  },
  {
    name: "signed-when-signed",
    rule: "`issuedAt` is when the token is signed, not when the request came",
    edits: [
      {
        file: "src/request/conclude.ts",
        from: "tokenFor(done, giving, stores)",
        to: "tokenFor(done, giving, { ...stores, clock: () => arrival.arrivedAt })",
      },
    ],
    config: "moor-sync-always",
    shape: RACES,
    found: { seed: 2, number: 37 },
  },
  {
    name: "moved-is-signed-anew",
    rule: "a token in which the pin alone is new counts from when it was signed, too",
    edits: [token("issuedAt: parts.clock()", "issuedAt: isNews ? parts.clock() : token.issuedAt")],
    config: "moor-sync-moves",
    shape: RACES,
    found: { seed: 2, number: 218 },
  },
  {
    name: "token-tells-what-was-shown",
    rule: "a response that showed a newer version carries a new token",
    edits: [
      token(
        "view.version > token.version || lasts",
        "((done as { asks?: boolean }).asks && view.version > token.version) || lasts",
      ),
      {
        file: "src/request/commit.ts",
        from: 'const clean: Done = { kind: "done", session, view,',
        to: 'const clean = { kind: "done", asks: asksForChange(session, intent), session, view,',
      },
    ],
    config: "moor-sync-always",
    shape: { ...RACES, browsers: 2, incidents: { admin: 1, copy: 3, crash: 0, fault: 0 } },
    found: { seed: 1, number: 2182 },
  },
  {
    name: "first-token-once",
    rule: "a version-0 token is never written again",
    edits: [
      token("options.mayGiveFresh && (!session.returning || options.isProvisional === true);", "options.mayGiveFresh;"),
      {
        file: "src/request/conclude.ts",
        from: "const isNew = !opened.session.returning && !isTokenKeptBack",
        to: "const isNew = !isTokenKeptBack",
      },
    ],
    config: "moor-sync",
    found: { seed: 1, number: 164 },
  },
  {
    name: "write-guard",
    rule: "in copies and backups an older version never replaces a newer, nothing a tombstone",
    edits: [
      {
        file: "src/store/memory.ts",
        from: `      if (held?.ended) return { kind: "ended" };
      if (held && !copy.ended && isNewer(held, copy)) return { kind: "older" };
`,
        to: "",
      },
      {
        file: "src/store/kv-replicas.ts",
        from: `        if (held.kind === "ended") return { kind: "ended" };
        if (held.kind === "hit" && !copy.ended && isNewer(held.copy, copy)) return { kind: "older" };
`,
        to: "",
      },
      {
        file: "emulation/redis.ts",
        from: `    if (held?.hasEnded) return "ended";
    if (held && (held.version > version || (held.version === version && held.touchedAt > touchedAt))) return "older";
`,
        to: "",
      },
    ],
    config: "moor-sync",
    shape: LATE_BACKUPS,
    made: BACKUP_AFTER_TOMBSTONE,
  },
  {
    name: "whole-rule-in-outages",
    rule: "memory and KV obey the whole rule in an outage too",
    edits: [
      {
        file: "src/store/tiers.ts",
        from: "    const shown = outage && { ...(await outage.read(ref, seen, options.now)), source: outage.name };\n",
        to: `    const [near] = passed.flatMap(({ source, copy }) =>
      copy && copy.generation === seen.generation ? [{ kind: "hit" as const, source, copy, passed }] : [],
    );
    if (near) return near;
    const shown = outage && { ...(await outage.read(ref, seen, options.now)), source: outage.name };
`,
      },
    ],
    config: "moor-sync",
    found: { seed: 1, number: 39 },
  },
];
