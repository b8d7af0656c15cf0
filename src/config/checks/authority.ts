import { rowStoreOf } from "../../row-stores/registry.ts";
import { isRecord, sessionLimit } from "../../settings/grammar.ts";
import { MAX_ROW_SESSIONS } from "../../settings/limits.ts";
import { describe, type Mistake } from "../../settings/mistakes.ts";

/** The settings that a store of rows as the authority cannot keep. */
export function authorityMistakes(config: Record<string, unknown>): Mistake[] {
  const { stores } = config;
  if (!isRecord(stores) || !isRecord(stores.authority)) return [];
  const { authority, backup, fallback } = stores;
  const kind = rowStoreOf(authority.type);
  if (!kind) return [];
  const beside = `with stores.authority ${describe(authority.type)}`;
  const mistakes = kind.mistakes?.(authority, config, beside) ?? [];
  // Backups and the journal are those of Durable Objects.
  if (backup === "async" || backup === "sync") {
    const accepted = `"off" ${beside}: sessions are safe in that store itself`;
    mistakes.push({ path: "stores.backup", found: describe(backup), accepted });
  }
  if (fallback === "redis-tcp") {
    const accepted = `nothing ${beside}: sessions are safe in that store itself`;
    mistakes.push({ path: "stores.fallback", found: describe(fallback), accepted });
  }
  const more = kind.guarantees.survivesRestart ? indexMistakes(config, beside) : lossyMistakes(config, beside);
  return [...mistakes, ...more];
}

/** The index of a principal is one row. */
function indexMistakes({ principals }: Record<string, unknown>, beside: string): Mistake[] {
  const limit = isRecord(principals) ? (isRecord(principals.limit) ? principals.limit.sessions : undefined) : 0;
  if (limit !== undefined && !(sessionLimit.accepts(limit) && limit > MAX_ROW_SESSIONS)) return [];
  const found = limit === undefined ? "nothing, which is 10,000" : describe(limit);
  const accepted = `1 to ${MAX_ROW_SESSIONS} ${beside}: a principal's sessions are one row`;
  return [{ path: "principals.limit.sessions", found, accepted }];
}

/** A restart empties the store: the sessions, their tombstones, and what an index would know of them. */
function lossyMistakes({ principals, session, adopt }: Record<string, unknown>, beside: string): Mistake[] {
  const remember = isRecord(session) ? session.remember : undefined;
  const absent = (path: string, value: unknown, why: string): Mistake[] =>
    value === undefined ? [] : [{ path, found: describe(value), accepted: `nothing ${beside}: ${why}` }];
  return [
    ...absent("principals", principals, "a restart would lose the end of all sessions of a principal"),
    ...absent("session.remember", remember, "its sessions do not outlive a restart"),
    ...absent(
      "adopt",
      adopt,
      "a restart would lose the end of an adopted session, and its old cookie would log in again",
    ),
  ];
}
