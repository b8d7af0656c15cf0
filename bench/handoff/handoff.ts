import {
  createHmac,
  generateKeyPairSync,
  sign as signByNode,
  timingSafeEqual,
  verify as verifyByNode,
  type webcrypto,
} from "node:crypto";
import { createOrigin } from "../../src/sdk/origin/origin.ts";
import { type FakeMoor, nowSeconds, startFakeMoor } from "../../test/sdk/conformance/fake-moor.ts";
import { range, type Spread, spread } from "../http/statistics.ts";
import { table } from "../table.ts";
import { type DropInCost, dropInHandoffTable, measureDropInHandoffs } from "./drop-ins.ts";
import { type ExpressResults, expressTable, measureExpress } from "./express.ts";

/** The CPU of a check in microseconds. */
export interface CheckCost {
  /** Of the process, with the threads that WebCrypto uses. */
  readonly all: Spread;
  /** Of the thread that serves requests. */
  readonly eventLoop: Spread;
}

/** The measurements of `npm run bench -- handoff`. */
export interface HandoffResults {
  readonly checks: Readonly<Record<HandoffCheck, CheckCost>>;
  readonly express: ExpressResults;
  readonly dropIns: readonly DropInCost[];
}

const CHECKS = {
  fresh: "a handoff that this process has not seen",
  known: "the same handoff again",
  es256: "its signature alone, by WebCrypto: ES256",
  blocking: "the same by node:crypto, which blocks the event loop",
  ed25519: "Ed25519 instead, by WebCrypto",
  hs256: "a shared secret instead, by node:crypto: HS256",
} as const;
type HandoffCheck = keyof typeof CHECKS;

/** An origin runs for days. In the first thousands of handoffs V8 still compiles, which takes as much CPU again as Moor's own code. */
const WARM_ROUNDS = 12;
const ROUNDS = 15;
const PER_ROUND = 400;
const ATTRIBUTE_BYTES = 1024;
const LIFE_SECONDS = 600;

/** Measures how much CPU an origin spends to verify a handoff, beside the signatures that could take its place. */
export async function measureHandoff(say: (line: string) => void): Promise<HandoffResults> {
  const moor = await startFakeMoor();
  let version = 0;
  // As a server reads it from the network: in one piece. It is valid for as long as a measurement may last.
  const handoff = () => {
    const [iat, data] = [nowSeconds(), { basket: "x".repeat(ATTRIBUTE_BYTES) }];
    const text = moor.handoff({ ver: ++version, iat, exp: iat + LIFE_SECONDS, data });
    return Buffer.from(text).toString("latin1");
  };
  try {
    say("handoffs in Node");
    const checks = await measureChecks(moor, handoff);
    say("handoffs in Express");
    const express = await measureExpress(moor, handoff);
    return { checks, express, dropIns: await measureDropInHandoffs(moor, handoff, say) };
  } finally {
    await moor.stop();
  }
}

async function measureChecks(
  { issuer, audience, url }: FakeMoor,
  handoff: () => string,
): Promise<HandoffResults["checks"]> {
  const origin = createOrigin({ issuer, audience, moorUrl: url });
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
    blocking: async () => {
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const signature = signByNode("sha256", signed, { key: privateKey, dsaEncoding: "ieee-p1363" });
      return () => verifyByNode("sha256", signed, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature);
    },
    ed25519: () => signatureCheck({ name: "Ed25519" }, signed),
    hs256: async () => {
      const mac = () => createHmac("sha256", "secret").update(signed).digest();
      const right = mac();
      return () => timingSafeEqual(mac(), right);
    },
  };
  const names = Object.keys(CHECKS) as HandoffCheck[];
  const spent = new Map(names.map((name) => [name, { all: [] as number[], eventLoop: [] as number[] }]));
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round++) {
    for (const name of names) {
      const { all, eventLoop } = await cpuOf(await checks[name]());
      if (round < WARM_ROUNDS) continue;
      spent.get(name)?.all.push(all);
      spent.get(name)?.eventLoop.push(eventLoop);
    }
  }
  const costs = Array.from(spent, ([name, { all, eventLoop }]) => [
    name,
    { all: spread(all), eventLoop: spread(eventLoop) },
  ]);
  return Object.fromEntries(costs);
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
async function cpuOf(check: () => unknown): Promise<{ all: number; eventLoop: number }> {
  const [before, beforeLoop] = [process.cpuUsage(), process.threadCpuUsage()];
  for (let done = 0; done < PER_ROUND; done++) await check();
  const [all, loop] = [process.cpuUsage(before), process.threadCpuUsage(beforeLoop)];
  return { all: (all.user + all.system) / PER_ROUND, eventLoop: (loop.user + loop.system) / PER_ROUND };
}

/** The tables of docs/explanation/performance.md. */
export function handoffTables({ checks, express, dropIns }: HandoffResults): string {
  const rows = Object.entries(CHECKS).map(([name, about]) => {
    const { all, eventLoop } = checks[name as HandoffCheck];
    return [about, range(all, 1), range(eventLoop, 1)];
  });
  const node = table(["check", "CPU, µs", "of these on the event loop"], rows);
  return [node, expressTable(express), dropInHandoffTable(dropIns)].join("\n\n");
}
