/** Paths that a regular expression matches: a single path, or every path that begins with a text. */
export interface PathText {
  readonly kind: "exact" | "prefix";
  readonly text: string;
}

const GROUP = /^\((?:\?:)?([^()]*)\)/;
const LITERAL = /^(?:\\[^A-Za-z0-9]|[A-Za-z0-9/_~!@%&=:;,-])/;
const MOST_TEXTS = 50;

/**
 * The paths of a case-sensitive regular expression, if it says no more than texts and alternatives from the beginning of the path on:
 * `^/api/`, `^/(a|b)/.*$`, `^/api(/|$)`. Returns `undefined` for any other expression.
 */
export function pathsOf(expression: string): PathText[] | undefined {
  if (!expression.startsWith("^/")) return undefined;
  let texts = [""];
  let rest = expression.slice(1);
  for (;;) {
    const end = endOf(rest);
    if (end) return texts.flatMap((text) => end.map(({ kind, text: more }) => ({ kind, text: text + more })));
    const group = GROUP.exec(rest);
    const literal = LITERAL.exec(rest);
    const choices = group ? group[1]?.split("|").map(plain) : literal && [plain(literal[0])];
    if (!choices || choices.includes(undefined)) return undefined;
    rest = rest.slice((group ?? literal)?.[0].length);
    if (/^[*+?{]/.test(rest)) return undefined;
    texts = texts.flatMap((text) => choices.map((choice) => text + choice));
    if (texts.length > MOST_TEXTS) return undefined;
  }
}

/** The end of an expression, from which on it names no further text. */
function endOf(rest: string): PathText[] | undefined {
  if (/^(?:|\(?\.\*\)?\$?)$/.test(rest)) return [{ kind: "prefix", text: "" }];
  if (rest === "$") return [{ kind: "exact", text: "" }];
  if (rest === "/?$") return ["", "/"].map((text) => ({ kind: "exact", text }));
  if (/^\((?:\?:)?(?:\/\|\$|\$\|\/)\)(?:\(?\.\*\)?\$?)?$|^(?:\((?:\?:)?\/\.\*\)\?\$)$/.test(rest)) {
    return [
      { kind: "exact", text: "" },
      { kind: "prefix", text: "/" },
    ];
  }
  return undefined;
}

/** The text of a part without special characters. */
function plain(part: string): string | undefined {
  const text = part.replace(/\\([^A-Za-z0-9])/g, "$1");
  const bare = part.replace(/\\[^A-Za-z0-9]/g, "");
  return /[\\.*+?^${}()|[\]]/.test(bare) ? undefined : text;
}
