/** A rule of Traefik as a tree. */
export type Expression =
  | { readonly kind: "and" | "or"; readonly sides: readonly Expression[] }
  | { readonly kind: "not"; readonly side: Expression }
  | { readonly kind: "matcher"; readonly name: string; readonly values: readonly string[] };

const TOKEN = /\s*(?:(&&|\|\||[!(),])|([A-Za-z]\w*)|`([^`]*)`|"((?:[^"\\]|\\.)*)")/gy;

type Token = { readonly kind: "sign" | "name" | "text"; readonly text: string };

/** Reads a rule; `undefined`: its syntax is not that of a rule. */
export function readExpression(rule: string): Expression | undefined {
  const tokens: Token[] = [];
  let end = 0;
  for (const { index, 0: whole, 1: sign, 2: name, 3: raw, 4: quoted } of rule.matchAll(TOKEN)) {
    end = index + whole.length;
    if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else tokens.push({ kind: "text", text: raw ?? (quoted ?? "").replace(/\\(.)/g, "$1") });
  }
  if (rule.slice(end).trim() !== "") return undefined;
  const reader = { tokens, at: 0 };
  const expression = readSides(reader, "||");
  return reader.at === tokens.length ? expression : undefined;
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
}

/** `&&` binds more tightly than `||`. */
function readSides(reader: Reader, sign: "||" | "&&"): Expression | undefined {
  const sides: Expression[] = [];
  do {
    const side = sign === "||" ? readSides(reader, "&&") : readSingle(reader);
    if (!side) return undefined;
    sides.push(side);
  } while (takes(reader, sign));
  return sides.length === 1 ? sides[0] : { kind: sign === "||" ? "or" : "and", sides };
}

function readSingle(reader: Reader): Expression | undefined {
  if (takes(reader, "!")) {
    const side = readSingle(reader);
    return side && { kind: "not", side };
  }
  if (takes(reader, "(")) {
    const inner = readSides(reader, "||");
    return inner && takes(reader, ")") ? inner : undefined;
  }
  const { kind, text: name = "" } = reader.tokens[reader.at++] ?? {};
  if (kind !== "name" || !takes(reader, "(")) return undefined;
  const values: string[] = [];
  do {
    const token = reader.tokens[reader.at++];
    if (token?.kind !== "text") return undefined;
    values.push(token.text);
  } while (takes(reader, ","));
  return takes(reader, ")") ? { kind: "matcher", name, values } : undefined;
}

function takes(reader: Reader, sign: string): boolean {
  const token = reader.tokens[reader.at];
  const isNext = token?.kind === "sign" && token.text === sign;
  if (isNext) reader.at++;
  return isNext;
}
