import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createOrigin, type Fetch, type OriginOptions, type OriginSession } from "../../../src/sdk/origin/index.ts";

export const ISSUER = "https://shop.example.com";
export const POOL = "shop";
export const NOW = 1_800_000_000;
export const SID = "AAAAAAAAAAAAAAAAAAAAAA";

type Claims = Record<string, unknown>;

/** The claims of a stored session's handoff. */
export const CLAIMS = {
  iss: ISSUER,
  aud: POOL,
  iat: NOW,
  exp: NOW + 60,
  sid: SID,
  gen: 1,
  ver: 4,
  sub: "alice",
  data: { basket: { tea: 2 } },
};

const generated = await Promise.all(["k1", "k2"].map((kid) => signerOf(kid)));

/** Two signing keys; both have been published unless a test says otherwise. */
export const [k1, k2] = generated as [Signer, Signer];

export type Signer = Awaited<ReturnType<typeof signerOf>>;

/** A fresh key under a kid. */
export async function signerOf(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "ES256", use: "sig" };
  return {
    jwk,
    privateKey,
    /** A handoff with these claims in place of `CLAIMS`'; `undefined` takes one away. */
    sign(claims: Claims = {}, header: object = {}): Promise<string> {
      const payload = JSON.parse(JSON.stringify({ ...CLAIMS, ...claims }));
      return new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid, typ: "JWT", ...header }).sign(privateKey);
    },
  };
}

/** An HTTP answer with a JSON body. */
export function answer(body: unknown, status = 200, headers: Record<string, string> = {}) {
  return { status, headers: new Headers(headers), json: async () => body };
}

/** An origin whose Moor publishes both keys. It counts its calls of Moor. */
export function originWith(options: Partial<OriginOptions> = {}) {
  const asked: { url: string; headers: Record<string, string> }[] = [];
  const { fetch: respond = async () => answer({ keys: [k1.jwk, k2.jwk] }) } = options;
  const fetch: Fetch = (url, init) => {
    asked.push({ url, headers: init.headers });
    return respond(url, init);
  };
  const origin = createOrigin({ issuer: ISSUER, audience: POOL, now: () => NOW * 1000, ...options, fetch });
  return {
    asked,
    origin,
    session: (jwt: string): Promise<OriginSession> => origin.session(new Headers({ "Moor-Session": jwt })),
  };
}

/** The session of a request whose handoff has these claims. */
export async function sessionWith(claims: Claims = {}): Promise<OriginSession> {
  return originWith().session(await k1.sign(claims));
}
