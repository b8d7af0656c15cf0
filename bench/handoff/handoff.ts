import { createHmac, timingSafeEqual, type webcrypto } from "node:crypto";
import { createOrigin } from "../../src/sdk/origin/origin.ts";
import { startFakeMoor } from "../../test/sdk/conformance/fake-moor.ts";
import { range, type Spread, spread } from "../http/statistics.ts";
import { table } from "../table.ts";

/** CPU of the process in microseconds for each check, with the threads that WebCrypto uses. */
export type HandoffResults = Readonly<Record<HandoffCheck, Spread>>;

const CHECKS = {
  fresh: "a handoff that this process has not seen",
  known: "the same handoff again",
  es256: "its signature alone, by WebCrypto: ES256",
  ed25519: "Ed25519 instead, by WebCrypto",
  hs256: "a shared secret instead, by node:crypto: HS256",
} as const;
type HandoffCheck = keyof typeof CHECKS;

const ROUNDS = 9;
const PER_ROUND = 400;
const ATTRIBUTE_BYTES = 1024;

/** Measures how much CPU an origin in Node spends to verify a handoff, beside the signatures that could take its place. */
export async function measureHandoff(): Promise<HandoffResults> {
  const moor = await startFakeMoor();
  try {
    const { issuer, audience, url } = moor;
    const origin = createOrigin({ issuer, audience, moorUrl: url });
    let version = 0;
    const handoff = () => moor.handoff({ ver: ++version, data: { basket: "x".repeat(ATTRIBUTE_BYTES) } });
    const verify = (jwt: string) => origin.session({ headers: { "moor-session": jwt } });
    const signed = new TextEncoder().encode(handoff());
    const checks: Record<HandoffCheck, () => Promise<() => unknown>> = {
      fresh: async () => {
        const each = Array.from({ length: PER_ROUND }, handoff);
        return () => verify(each.pop() as string);
      },
      known: async () => {
        const jwt = handoff();
        await verify(jwt);
        return () => verify(jwt);
      },
      es256: () => signatureCheck({ name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }, signed),
      ed25519: () => signatureCheck({ name: "Ed25519" }, signed),
      hs256: async () => {
        const mac = () => createHmac("sha256", "secret").update(signed).digest();
        const right = mac();
        return () => timingSafeEqual(mac(), right);
      },
    };
    const names = Object.keys(CHECKS) as HandoffCheck[];
    const spent = new Map(names.map((name) => [name, [] as number[]]));
    // The first round warms up, and does not count.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const name of names) {
        const micros = await cpuOf(await checks[name]());
        if (round > 0) spent.get(name)?.push(micros);
      }
    }
    return Object.fromEntries(names.map((name) => [name, spread(spent.get(name) ?? [])])) as HandoffResults;
  } finally {
    await moor.stop();
  }
}

async function signatureCheck(
  algorithm: webcrypto.Algorithm & Partial<webcrypto.EcKeyGenParams & webcrypto.EcdsaParams>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<() => unknown> {
  const { privateKey, publicKey } = (await crypto.subtle.generateKey(algorithm, false, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const signature = await crypto.subtle.sign(algorithm, privateKey, signed);
  return () => crypto.subtle.verify(algorithm, publicKey, signature, signed);
}

/** Microseconds of CPU of one call, over a round of calls one after the other. */
async function cpuOf(check: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (let done = 0; done < PER_ROUND; done++) await check();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / PER_ROUND;
}

/** The table of docs/explanation/performance.md. */
export function handoffTable(results: HandoffResults): string {
  const rows = Object.entries(CHECKS).map(([name, about]) => [about, range(results[name as HandoffCheck], 1)]);
  return table(["check", "CPU, µs"], rows);
}
