import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveIronKey, deriveNextAuthKey } from "../../../src/old-formats/derive.ts";
import { createIronReader } from "../../../src/old-formats/iron-session.ts";
import { readKeys } from "../../../src/old-formats/keys.ts";
import { createNextAuthReader } from "../../../src/old-formats/next-auth.ts";
import { describeWithInstalled } from "../../support/node/installed.ts";
import { TEST_MODULES } from "../../support/node/test-packages.ts";

interface IronSession {
  sealData(data: unknown, options: { password: string | Record<string, string>; ttl?: number }): Promise<string>;
}
interface Jwt {
  encode(given: { token: object; secret: string; salt?: string; maxAge?: number }): Promise<string>;
}
const load = async <Library>(...path: string[]) =>
  (await import(pathToFileURL(join(TEST_MODULES, ...path)).href)) as Library;

/** Sessions as JSON keeps them. */
const sessions = fc
  .dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 3 }))
  .map((values) => JSON.parse(JSON.stringify(values)) as Record<string, unknown>)
  .filter(
    (values) =>
      !["exp", "iat", "nbf", "jti", "__proto__"].some((name) => name in values && Object.hasOwn(values, name)),
  );
const secrets = fc.string({ unit: "grapheme", minLength: 32, maxLength: 100 });

describeWithInstalled(join(TEST_MODULES, "auth-core", "package.json"), "npm ci --prefix sdk/node/test-packages", () => {
  describe("a reader of old sessions", () => {
    it("opens whatever iron-session has sealed, with any password", async () => {
      const { sealData } = await load<IronSession>("iron-session", "dist", "index.js");
      await fc.assert(
        fc.asyncProperty(sessions, secrets, async (values, password) => {
          const seal = await sealData(values, { password: { 7: password }, ttl: 60 });
          const keys = readKeys(`7:${deriveIronKey(password)}`, "", "", [40]);
          const read = await createIronReader(keys).read(`app=${seal}`, ["app"], Date.now());
          expect(read).toMatchObject({ kind: "session", values });
        }),
        { numRuns: 100 },
      );
    });

    it.each([
      ["next-auth 4", ["next-auth", "jwt", "index.js"], undefined],
      ["Auth.js", ["auth-core", "jwt.js"], "__Secure-authjs.session-token"],
    ])("opens whatever %s has encrypted, with any secret", async (_name, path, salt) => {
      const { encode } = await load<Jwt>(...path);
      await fc.assert(
        fc.asyncProperty(sessions, secrets, async (token, secret) => {
          const text = await encode({ token, secret, ...(salt && { salt }) });
          const keys = readKeys(`1:${await deriveNextAuthKey(secret, salt)}`, "", "", [32, 64]);
          const read = await createNextAuthReader(keys).read(`app=${text}`, ["app"], Date.now());
          expect(read).toMatchObject({ kind: "session", values: token });
        }),
        { numRuns: 100 },
      );
    });
  });
});
