/** What Moor says in `Moor-Explain` of how it found the session. */
export interface Explain {
  /** Where the session was read, in words. */
  readonly source: string;
  /** How old that copy was, in seconds. */
  readonly ageSeconds: number | undefined;
}

const sources = new Map([
  ["none", "nowhere: you have no session yet"],
  ["new", "nowhere: nothing is stored before the first change"],
  ["memory", "a recent copy in Moor’s memory"],
  ["object", "its Durable Object"],
]);

/** Reads `session=memory; version=4; age=2`; what is missing or unknown is shown as it came. */
export function readExplain(header: string | string[] | undefined): Explain {
  const fields = new Map(
    String(header ?? "")
      .split(";")
      .map((field) => field.split("=", 2).map((side) => side.trim()) as [string, string | undefined]),
  );
  const session = fields.get("session") ?? "";
  const age = Number.parseFloat(fields.get("age") ?? "");
  return {
    source: sources.get(session) ?? (session || "not told"),
    ageSeconds: Number.isFinite(age) ? age : undefined,
  };
}
