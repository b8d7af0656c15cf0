/** A store that Moor may ask for a session. */
export type Store = "memory" | "kv" | "object" | "redis" | "postgres" | "memcached";

/** The fields in which Moor tells how it resolved a session; docs/guide/origin.md lists them. */
export interface Explain {
  /** The source of the answer: a store, or `none`, `new`, `unavailable`; "" if it is not told. */
  readonly source: string;
  readonly version: number;
  /** How old that was, in seconds, if the Durable Object had vouched for it. */
  readonly ageSeconds: number | undefined;
  readonly tookMs: number;
  /** Why stores that were asked before did not answer. */
  readonly passed: ReadonlyMap<string, string>;
  readonly isStale: boolean;
  readonly isJournaled: boolean;
  readonly isMarked: boolean;
  /** The states of circuit breakers that are not closed. */
  readonly breakers: ReadonlyMap<string, string>;
  /** The origin that answered, and how often the request was sent. */
  readonly origin: string | undefined;
  readonly attempts: number;
  /** The store that took a change: `object`, `journal`, or a store of rows. */
  readonly written: string | undefined;
}

const STORES: readonly string[] = ["memory", "kv", "object", "redis", "postgres", "memcached"] satisfies Store[];

/**
 * Reads `Moor-Explain`: `session=memory; version=4; age=2s`. Missing fields are empty, and unknown fields are left out.
 */
export function readExplain(header: string | string[] | undefined): Explain {
  const fields = pairsOf(String(header ?? ""), ";", "=");
  const numberOf = (name: string) => {
    const value = Number.parseFloat(fields.get(name) ?? "");
    return Number.isFinite(value) ? value : undefined;
  };
  return {
    source: fields.get("session") ?? "",
    version: numberOf("version") ?? 0,
    ageSeconds: numberOf("age"),
    tookMs: numberOf("took") ?? 0,
    passed: pairsOf(fields.get("passed") ?? "", ",", ":"),
    isStale: fields.has("stale"),
    isJournaled: fields.has("journaled"),
    isMarked: fields.has("marked"),
    breakers: new Map([...fields].filter(([name]) => STORES.includes(name))),
    origin: fields.get("origin"),
    attempts: numberOf("attempts") ?? 0,
    written: fields.get("written"),
  };
}

/** Reads the same where a client gets it: `moor;desc="…"` in `Server-Timing`. */
export function readServerTiming(header: string | null): Explain {
  return readExplain(/(?:^|,\s*)moor;desc="([^"]*)"/.exec(header ?? "")?.[1]);
}

const NAMES = new Map([
  ["none", "nowhere: you have no session yet"],
  ["new", "nowhere: nothing is stored before the first change"],
  ["memory", "a recent copy in Moor’s memory"],
  ["kv", "a replica in KV"],
  ["object", "its Durable Object"],
  ["redis", "Redis"],
  ["postgres", "Postgres"],
  ["memcached", "memcached"],
]);

/** Where a session was read, in words. */
export function sourceName({ source, passed }: Explain): string {
  // Without Durable Objects, Redis has the session itself.
  if (source === "redis" && passed.has("object")) return "its backup in Redis";
  return NAMES.get(source) ?? (source || "not told");
}

function pairsOf(text: string, separator: string, sign: string): Map<string, string> {
  const pairs = text.split(separator).map((pair) => {
    const [name = "", value = ""] = pair.split(sign, 2);
    return [name.trim(), value.trim()] as const;
  });
  return new Map(pairs.filter(([name]) => name !== ""));
}
