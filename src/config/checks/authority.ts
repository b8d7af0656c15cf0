import { isRecord, MAX_ROW_SESSIONS, sessionLimit, sessionRules } from "../../settings/grammar.ts";
import { describe, type Mistake } from "../../settings/mistakes.ts";
import { authoritySchemas } from "../schema.ts";

/** memcached refuses values above a megabyte, unless it is started with `-I`. */
const MAX_ITEM_ATTRIBUTE_BYTES = 262_144;

/** The settings that a store of rows as the authority cannot keep. */
export function authorityMistakes({ stores, principals, session, adopt }: Record<string, unknown>): Mistake[] {
  if (!isRecord(stores) || !isRecord(stores.authority)) return [];
  const { type, bindings } = stores.authority;
  if (type === "object" || typeof type !== "string" || !Object.hasOwn(authoritySchemas, type)) return [];
  const beside = `with stores.authority ${describe(type)}`;
  const mistakes: Mistake[] = [];
  if (Array.isArray(bindings) && new Set(bindings).size < bindings.length) {
    const accepted = "names that differ: each is a database of its own";
    mistakes.push({ path: "stores.authority.bindings", found: describe(bindings), accepted });
  }
  // Backups and the journal are those of Durable Objects.
  if (stores.backup === "async" || stores.backup === "sync") {
    const accepted = `"off" ${beside}: sessions are safe in that store itself`;
    mistakes.push({ path: "stores.backup", found: describe(stores.backup), accepted });
  }
  if (type === "memcached") return [...mistakes, ...lossyMistakes({ principals, session, adopt }, beside)];
  const limit = isRecord(principals) ? (isRecord(principals.limit) ? principals.limit.sessions : undefined) : 0;
  if (limit === undefined || (sessionLimit.accepts(limit) && limit > MAX_ROW_SESSIONS)) {
    const found = limit === undefined ? "nothing, which is 10,000" : describe(limit);
    const accepted = `1 to ${MAX_ROW_SESSIONS} ${beside}: a principal's sessions are one row`;
    mistakes.push({ path: "principals.limit.sessions", found, accepted });
  }
  return mistakes;
}

/** A restart of memcached empties it: the sessions, their tombstones, and what an index would know of them. */
function lossyMistakes({ principals, session, adopt }: Record<string, unknown>, beside: string): Mistake[] {
  const { remember, maxAttributeBytes } = isRecord(session) ? session : {};
  const absent = (path: string, value: unknown, why: string): Mistake[] =>
    value === undefined ? [] : [{ path, found: describe(value), accepted: `nothing ${beside}: ${why}` }];
  const isLarge =
    sessionRules.maxAttributeBytes.accepts(maxAttributeBytes) && Number(maxAttributeBytes) > MAX_ITEM_ATTRIBUTE_BYTES;
  return [
    ...absent("principals", principals, "a restart would lose the end of all sessions of a principal"),
    ...absent("session.remember", remember, "its sessions do not outlive a restart"),
    ...absent(
      "adopt",
      adopt,
      "a restart would lose the end of an adopted session, and its old cookie would log in again",
    ),
    ...(isLarge
      ? [
          {
            path: "session.maxAttributeBytes",
            found: describe(maxAttributeBytes),
            accepted: `up to ${MAX_ITEM_ATTRIBUTE_BYTES} ${beside}: it refuses values above a megabyte`,
          },
        ]
      : []),
  ];
}
