/** The longest JSON of a session that is read. Attributes of a session at Moor are never longer. */
export const MOST_BYTES = 1_048_576;
/** How many values the JSON of a session may have, those within objects and lists among them. */
export const MOST_VALUES = 10_000;

type Values = Readonly<Record<string, unknown>>;

/** The outcome of reading the JSON of a session. */
export type ParsedValues =
  | { readonly kind: "values"; readonly values: Values }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Reads the JSON of a session: an object, and not too long. */
export function parseValues(text: string): ParsedValues {
  if (text.length > MOST_BYTES) return unreadable(`its session is longer than ${MOST_BYTES} bytes`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The message of the parser quotes the text.
    return unreadable("its session is not JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return unreadable("its session is not an object of JSON");
  }
  return { kind: "values", values: parsed as Values };
}

/** Whether there are more than {@link MOST_VALUES} values. The walk does not nest, so no depth exhausts the stack. */
export function hasTooManyValues(values: Values): boolean {
  const open: unknown[] = [values];
  let count = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const inner = Object.values(next as object);
    count += inner.length;
    if (count > MOST_VALUES) return true;
    for (const value of inner) if (typeof value === "object" && value !== null) open.push(value);
  }
  return false;
}

/** The text or whole number at a path of names, as in `passport.user`; `undefined`: there is nothing else there that names somebody. */
export function nameAt(values: Values, path: string): string | undefined {
  let found: unknown = values;
  for (const name of path.split(".")) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Values)[name];
  }
  if (typeof found === "number") return Number.isSafeInteger(found) ? String(found) : undefined;
  return typeof found === "string" ? found : undefined;
}

function unreadable(reason: string): ParsedValues {
  return { kind: "unreadable", reason };
}
