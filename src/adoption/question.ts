import type { KeyRing } from "../inbound/token/key-ring.ts";
import { decodeBase64url, encodeBase64url } from "../lib/base64url.ts";
import { decodeJsonPart, encodeJsonPart } from "../lib/json-part.ts";

/** The claims of a signed text. */
export type Claims = Readonly<Record<string, unknown>>;

/** Signs questions to an old application, and opens its answers. */
export interface Questions {
  /** A question as a compact JWT (RFC 7515, 7519), HS256, by the ring's first key. */
  sign(claims: Claims): Promise<string>;
  /** The claims of an answer that a key of the ring has signed; else `undefined`. The caller must judge the claims. */
  open(jwt: string): Promise<Claims | undefined>;
}

/** The types of the two texts (RFC 8725 section 3.11). They differ, so a question that comes back is no answer. */
const QUESTION = "moor-adopt+jwt";
const ANSWER = "moor-adopt-answer+jwt";
const HMAC = { name: "HMAC", hash: "SHA-256" };
const utf8 = new TextEncoder();

/** Questions and answers signed by HMAC-SHA256, because the standard library of every language has it. */
export function createQuestions(ring: KeyRing): Questions {
  const keyOf = (secret: Uint8Array<ArrayBuffer>) =>
    crypto.subtle.importKey("raw", secret, HMAC, false, ["sign", "verify"]);

  return {
    async sign(claims) {
      const [{ id, secret }] = ring;
      const signed = `${encodeJsonPart({ alg: "HS256", typ: QUESTION, kid: String(id) })}.${encodeJsonPart(claims)}`;
      const mac = await crypto.subtle.sign("HMAC", await keyOf(secret), utf8.encode(signed));
      return `${signed}.${encodeBase64url(new Uint8Array(mac))}`;
    },

    async open(jwt) {
      const [, head = "", payload = "", signature = ""] = /^([\w-]+)\.([\w-]+)\.([\w-]{43})$/.exec(jwt) ?? [];
      const { alg, typ, kid, crit } = decodeJsonPart(head) ?? {};
      const mac = decodeBase64url(signature) as Uint8Array<ArrayBuffer> | undefined;
      const key = ring.find(({ id }) => String(id) === kid);
      if (alg !== "HS256" || typ !== ANSWER || crit !== undefined || !mac || !key) return undefined;
      const isGenuine = await crypto.subtle.verify(
        "HMAC",
        await keyOf(key.secret),
        mac,
        utf8.encode(`${head}.${payload}`),
      );
      return isGenuine ? decodeJsonPart(payload) : undefined;
    },
  };
}
