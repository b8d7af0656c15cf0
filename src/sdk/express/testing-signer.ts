/** The one key of a test. */
export interface Signer {
  /** The public key, as `/.moor/jwks.json` has it. */
  readonly jwks: { readonly keys: readonly object[] };
  /** A compact JWT (RFC 7515) with these claims, valid for a minute from now. */
  sign(claims: object): Promise<string>;
}

const KID = "test";
const LIFE_SECONDS = 60;

/** Makes a key for ES256. */
export async function createSigner(): Promise<Signer> {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  const jwk = await crypto.subtle.exportKey("jwk", publicKey);
  return {
    jwks: { keys: [{ ...jwk, kid: KID, alg: "ES256", use: "sig" }] },
    async sign(claims) {
      const iat = Math.floor(Date.now() / 1000);
      const parts = [
        { alg: "ES256", kid: KID, typ: "JWT" },
        { iat, exp: iat + LIFE_SECONDS, ...claims },
      ];
      const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
      const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, Buffer.from(signed));
      return `${signed}.${Buffer.from(signature).toString("base64url")}`;
    },
  };
}
