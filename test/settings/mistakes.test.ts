import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describe as describeFound, formatMistakes, formatPath } from "../../src/settings/mistakes.ts";

describe("a mistake's line", () => {
  it("says where the mistake is, what was found and what is accepted", () => {
    const mistake = { path: "pools[0].origins[1].id", found: '"A b"', accepted: "1 to 64 of a-z 0-9 . _ -" };
    expect(formatMistakes([mistake, { ...mistake, path: "" }])).toBe(
      'pools[0].origins[1].id: found "A b", accepted: 1 to 64 of a-z 0-9 . _ -\n' +
        'the configuration: found "A b", accepted: 1 to 64 of a-z 0-9 . _ -',
    );
  });

  it("writes a path as JavaScript would", () => {
    expect(formatPath(["pools", 0, "origins", 12, "my key", "", "$a_1"])).toBe(
      'pools[0].origins[12]["my key"][""].$a_1',
    );
  });
});

describe("the value that was found", () => {
  it.each<[unknown, string]>([
    [undefined, "nothing"],
    [null, "null"],
    [0, "0"],
    [Number.NaN, "NaN"],
    [1n, "1"],
    [true, "true"],
    ["", '""'],
    ["a\nb", '"a\\nb"'],
    ["\u001b[31m\u202e\u2028", '"\\u001b[31m\\u{202e}\\u{2028}"'],
    ["Ünal", '"Ünal"'],
    [[], "an empty list"],
    [[1], "a list"],
    [{}, "an object"],
    [() => 1, "a function"],
    [Symbol("x"), "a symbol"],
  ])("%s is named in a few words", (value, words) => expect(describeFound(value)).toBe(words));

  it("is cut when it is long", () => {
    expect(describeFound("x".repeat(81))).toBe(`"${"x".repeat(80)}…"`);
    expect(describeFound("x".repeat(80))).toBe(`"${"x".repeat(80)}"`);
  });
});

describe("credentials", () => {
  it.each([
    ["http://user:secret@h/", '"http://***@h/"'],
    ["user:secret@h", '"***@h"'],
    ["http:user:secret@h", '"***@h"'],
    ["http://a@b:secret@h/@x", '"http://***@x"'],
    ["http://user:sec/ret@h", '"http://***@h"'],
    ["http://user:secret", '"http://user:***"'],
    ["http://user:secret%40h/x", '"http://user:***/x"'],
    ["https://h:8443/base?token=secret", '"https://h:8443/base?***"'],
    ["http://h:9001", '"http://h:9001"'],
    ["http://[::1]:9001/x", '"http://[::1]:9001/x"'],
  ])("in %s are hidden", (text, shown) => expect(describeFound(text)).toBe(shown));

  it("never show, wherever in the text the URL stands", () => {
    const word = fc.stringMatching(/^[a-z:/?#% \n]{0,12}$/);
    fc.assert(
      fc.property(word, word, fc.constantFrom("http://", "https://", "//", ""), (before, after, scheme) => {
        expect(describeFound(`${scheme}${before}:S3cret${after}@host`)).not.toContain("S3cret");
      }),
    );
  });
});
