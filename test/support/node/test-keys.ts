/** Rings as they stand in the secrets. */
export interface TestKeys {
  readonly token: string;
  readonly handoff: string;
  readonly store: string;
  readonly confirm: string;
  /** No ring, but one key. */
  readonly adopt: string;
}

/** Fresh keys for one run. */
export async function testKeys(): Promise<TestKeys> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const ring = (bytes: Uint8Array) => `1:${Buffer.from(bytes).toString("base64url")}`;
  const random = () => ring(crypto.getRandomValues(new Uint8Array(32)));
  const adopt = random().slice("1:".length);
  return { token: random(), handoff: ring(pkcs8), store: random(), confirm: random(), adopt };
}
