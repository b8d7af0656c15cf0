import { ImportSyntaxError } from "../remark.ts";

/** A word of nginx's configuration, or one of its three punctuation characters. */
export type Token = { kind: "word"; text: string; line: number } | { kind: "{" | "}" | ";"; line: number };

const ESCAPED: Record<string, string> = { '"': '"', "'": "'", "\\": "\\", t: "\t", r: "\r", n: "\n" };

/**
 * Splits nginx's configuration as nginx does (ngx_conf_read_token). Quotes count at the beginning of a word, and a `#` there
 * begins a comment. A backslash keeps the character that follows. The brace of a variable written as `${name}` opens no block.
 *
 * @throws ImportSyntaxError
 */
export function readTokens(file: string, text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;

  while (at < text.length) {
    const character = text[at] as string;
    if (character === "\n") line++;
    if (/\s/.test(character)) at++;
    else if (character === "#") at = endOf(/[^\n]*/y, at);
    else if (character === ";" || character === "{" || character === "}") {
      tokens.push({ kind: character, line });
      at++;
    } else if (character === '"' || character === "'") quoted(character);
    else bare();
  }
  return tokens;

  function quoted(quote: string): void {
    const begins = { file, line };
    const end = endOf(quote === '"' ? /"(?:[^"\\]|\\.)*"/sy : /'(?:[^'\\]|\\.)*'/sy, at);
    if (end === at) throw new ImportSyntaxError(begins, `a quote is not closed`);
    word(end, text.slice(at + 1, end - 1));
    if (at < text.length && !/[\s;{)]/.test(text[at] as string)) {
      throw new ImportSyntaxError({ file, line }, `unexpected ${JSON.stringify(text[at])} after a quote`);
    }
  }

  function bare(): void {
    const end = endOf(/(?:\\.|\$\{|[^\s;{\\])+/sy, at);
    if (end === at) throw new ImportSyntaxError({ file, line }, "a backslash with nothing after it");
    word(end, text.slice(at, end));
  }

  function word(end: number, raw: string): void {
    const unescaped = raw.replace(/\\(["'\\trn])/g, (_, character: string) => ESCAPED[character] as string);
    tokens.push({ kind: "word", text: unescaped, line });
    line += raw.split("\n").length - 1;
    at = end;
  }

  function endOf(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    return pattern.test(text) ? pattern.lastIndex : from;
  }
}
