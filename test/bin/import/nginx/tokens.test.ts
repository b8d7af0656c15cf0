/** @quick */
import { describe, expect, it } from "vitest";
import { readTokens } from "../../../../bin/import/nginx/tokens.ts";

const words = (text: string) =>
  readTokens("nginx.conf", text).map((token) => (token.kind === "word" ? token.text : `<${token.kind}>`));

describe("words", () => {
  it.each<[string, string[]]>([
    ["server 10.0.0.1:80;", ["server", "10.0.0.1:80", "<;>"]],
    ["http{a b;}", ["http", "<{>", "a", "b", "<;>", "<}>"]],
    ["a # b; {\nc;", ["a", "c", "<;>"]],
    ["a#b c;", ["a#b", "c", "<;>"]],
    ['hash "$a b;{}";', ["hash", "$a b;{}", "<;>"]],
    ["a 'it is \"b\"' ;", ["a", 'it is "b"', "<;>"]],
    ['a "\\"b\\\\";', ["a", '"b\\', "<;>"]],
    ["a 'x\\'y';", ["a", "x'y", "<;>"]],
    ['a "b\\tc\\d";', ["a", "b\tc\\d", "<;>"]],
    ["a b\\;c;", ["a", "b\\;c", "<;>"]],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: so nginx writes a variable that text follows.
    ["set $a ${b}c;", ["set", "$a", "${b}c", "<;>"]],
    ['a b"c;', ["a", 'b"c', "<;>"]],
    ["location ~ ^/a}b$ {", ["location", "~", "^/a}b$", "<{>"]],
    ["a '';", ["a", "", "<;>"]],
  ])("of %j are %j", (text, expected) => expect(words(text)).toEqual(expected));

  it("know their lines, behind comments and quotes of several lines too", () => {
    const tokens = readTokens("nginx.conf", "a\n# b\n'c\nd' e;\nf;");
    expect(tokens.map(({ line }) => line)).toEqual([1, 3, 4, 4, 5, 5]);
  });
});

describe("text that is not a configuration", () => {
  it.each([
    ["a 'b", "nginx.conf:1: a quote is not closed"],
    ["a;\nb 'c'd;", 'nginx.conf:2: unexpected "d" after a quote'],
    ["a \\", "nginx.conf:1: a backslash with nothing after it"],
  ])("as %j, is refused with its line", (text, message) => expect(() => words(text)).toThrow(message));
});
