import fc from "fast-check";
import { createReadApplication } from "../../../src/adoption/read-application.ts";
import { hasTooManyValues } from "../../../src/old-formats/bounded-json.ts";
import { deriveExpressKey, deriveIronKey, deriveNextAuthKey } from "../../../src/old-formats/derive.ts";
import { createExpressReader } from "../../../src/old-formats/express-session.ts";
import type { OldReader } from "../../../src/old-formats/format.ts";
import { createIronReader } from "../../../src/old-formats/iron-session.ts";
import { type DerivedKey, readKeys } from "../../../src/old-formats/keys.ts";
import { createNextAuthReader } from "../../../src/old-formats/next-auth.ts";
import { isPrincipal } from "../../../src/session/change.ts";
import { checkPatch } from "../../../src/session/patch.ts";
import express from "../../old-formats/vectors/express-session.json" with { type: "json" };
import iron from "../../old-formats/vectors/iron-session.json" with { type: "json" };
import nextAuth from "../../old-formats/vectors/next-auth.json" with { type: "json" };
import { changesOf, headerText } from "../forged.ts";
import { demand, type Target } from "../target.ts";

const NOW = Date.parse(nextAuth.madeAt);
const keysOf = (key: string, bytes: number): DerivedKey[] => readKeys(`1:${key}`, "keys", "format", [bytes]);

/** The text that a store of express-session holds for each id. */
let stored = "{}";
let asked = 0;
const store = {
  async read() {
    asked++;
    return { kind: "found", text: stored, expiresAt: NOW + 1_000 } as const;
  },
  end: async () => ({ kind: "done" }) as const,
};

interface Format {
  readonly genuine: string;
  readonly reader: OldReader;
}

const cookie = decodeURIComponent(express.vectors[0]!.cookieHeader.slice("connect.sid=".length));
const [seal = ""] = iron.vectors[0]!.seal.split("~");
const [four, five] = [nextAuth.vectors[0]!, nextAuth.vectors[1]!];
const FORMATS: readonly Format[] = [
  {
    genuine: cookie,
    reader: createExpressReader(keysOf(deriveExpressKey(express.vectors[0]!.secrets[0] as string), 64), store),
  },
  { genuine: seal, reader: createIronReader(keysOf(deriveIronKey(iron.vectors[0]!.password as string), 40)) },
  { genuine: four.token, reader: createNextAuthReader(keysOf(await deriveNextAuthKey(four.secret), 32)) },
  { genuine: five.token, reader: createNextAuthReader(keysOf(await deriveNextAuthKey(five.secret, five.salt), 64)) },
];

interface Forged {
  readonly format: number;
  readonly text: string;
}

/** Cookies that old applications have not made. */
export const oldCookies: Target<Forged> = {
  name: "old-cookies",
  about: "forged and cut cookies of express-session, iron-session and next-auth: none opens, and none reaches a store",
  cases: fc.nat(FORMATS.length - 1).chain((format) =>
    fc.record({
      format: fc.constant(format),
      text: fc.oneof(
        { weight: 6, arbitrary: changesOf(FORMATS[format]!.genuine) },
        { weight: 1, arbitrary: headerText(300) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(...FORMATS.map(({ genuine }) => genuine), "s:.", "Fe26.2*******", "...."),
        },
      ),
    }),
  ),
  async start() {
    for (const { genuine, reader } of FORMATS) {
      const read = await reader.read(`sid=${genuine}`, ["sid"], NOW);
      demand(read.kind === "session", "a genuine cookie does not open");
    }
    return async ({ format, text }) => {
      const { genuine, reader } = FORMATS[format]!;
      const before = asked;
      const read = await reader.read(`sid=${text}`, ["sid"], NOW);
      // A cookie ends at a semicolon, and spaces around it are no part of it.
      if (
        text
          .split(";")[0]!
          .trim()
          .replace(/^"(.*)"$/, "$1")
          .split("~")[0] === genuine
      )
        return "the genuine one";
      demand(read.kind === "none", `a forged cookie is ${read.kind}`);
      demand(asked === before, "a forged cookie reaches the store");
      return "not opened";
    };
  },
};

const nested = fc.tuple(fc.integer({ min: 1, max: 50_000 }), fc.constantFrom('{"a":', "[")).map(([levels, open]) => {
  const whole = `${open.repeat(levels)}1${(open === "[" ? "]" : "}").repeat(levels)}`;
  return `{"deep":${whole}}`;
});
const named = fc.dictionary(
  fc.constantFrom("__proto__", "passport", "user", "id", "cookie", "constructor", ""),
  fc.jsonValue(),
);
const text = fc.oneof(
  { weight: 4, arbitrary: named.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.jsonValue().map((user) => `{"passport":{"user":${JSON.stringify(user)}}}`) },
  { weight: 2, arbitrary: fc.json() },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: fc.nat(20_000).map((length) => `{"list":[${Array(length).fill("1e999").join()}]}`) },
  { weight: 1, arbitrary: fc.string() },
);

/** Sessions that an old application, or anybody who can write into its store, has made. */
export const oldValues: Target<string> = {
  name: "old-values",
  about: "any text in the store of an old session: Moor takes bounded attributes and a principal, or nothing",
  cases: text,
  async start() {
    const entry = {
      from: "express-session",
      cookies: ["sid"],
      principal: "passport.user",
      until: "2090-01-01T00:00:00Z",
      graceSeconds: 30,
    } as const;
    const application = createReadApplication(entry, FORMATS[0]!.reader, () => NOW);
    const asker = { url: new URL("https://shop.test/"), headers: new Headers({ Cookie: `sid=${cookie}` }) };
    return async (given) => {
      stored = given;
      const heard = await application.ask({ ...asker, arrivedAt: NOW, region: 1 });
      demand(Object.keys(Object.prototype).length === 0, "a session has changed a prototype");
      if (heard.kind !== "session") {
        demand(heard.kind === "none" && heard.reason !== undefined, "a session is lost without a reason");
        return "unreadable";
      }
      const { attributes, principal, tooLarge } = heard;
      demand(!hasTooManyValues(checkPatch(attributes)), "a session has too many values");
      demand(principal === undefined || isPrincipal(principal), "a principal that Moor does not allow");
      demand(!("cookie" in attributes), "the framework's own values are attributes");
      return tooLarge
        ? "a login without attributes"
        : principal === undefined
          ? "attributes"
          : "attributes and a login";
    };
  },
};
