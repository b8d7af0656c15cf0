/** Rings as they stand in the secrets. */
export interface TestKeys {
  readonly token: string;
  readonly handoff: string;
}

/** Fresh keys for one run. */
export async function testKeys(): Promise<TestKeys> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  return { token: `1:${encode(crypto.getRandomValues(new Uint8Array(32)))}`, handoff: `1:${encode(pkcs8)}` };
}
