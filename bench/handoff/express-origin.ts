import { createPublicKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";
import { parseArgs } from "node:util";
import express from "express";
import { session } from "../../src/sdk/express/index.ts";

/** A page of an Express application with moor/express. `--moor`: where Moor is; `--signatures node`: node:crypto checks them, in the event loop. */
const { moor, signatures } = parseArgs({
  options: { moor: { type: "string", default: "" }, signatures: { type: "string", default: "webcrypto" } },
}).values;
if (signatures === "node") checkInEventLoop();

const app = express();
app.use(session({ issuer: "https://app.test", audience: "app", moorUrl: moor }));
app.get("/", (request, response) => {
  response.json({ has: Object.keys((request as unknown as { session: object }).session) });
});
const server = app.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : 0 });
});
process.on("disconnect", () => process.exit());

/** Puts node:crypto in the place of WebCrypto's `verify`. */
function checkInEventLoop(): void {
  const { subtle } = crypto;
  const keys = new WeakMap<object, KeyObject>();
  const importKey = subtle.importKey.bind(subtle) as (...given: unknown[]) => Promise<object>;
  const replaced = {
    async importKey(format: string, jwk: JsonWebKey, ...rest: unknown[]) {
      const key = await importKey(format, jwk, ...rest);
      keys.set(key, createPublicKey({ key: jwk, format: "jwk" }));
      return key;
    },
    async verify(_algorithm: unknown, key: object, signature: Uint8Array, signed: Uint8Array) {
      return verify("sha256", signed, { key: keys.get(key) as KeyObject, dsaEncoding: "ieee-p1363" }, signature);
    },
  };
  Object.assign(subtle, replaced);
}
