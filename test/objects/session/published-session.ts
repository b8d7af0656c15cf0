import { createDistantKv } from "../../../emulation/distant-kv.ts";
import { createFaults, type KvFault } from "../../../emulation/faults.ts";
import type { Ref } from "../../../src/session/change.ts";
import type { Copy } from "../../../src/session/copy.ts";
import type { Copies } from "../../../src/store/contracts.ts";
import { createKvReplicas } from "../../../src/store/kv-replicas.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { setTime } from "../../support/edge.ts";
import { oneSession } from "../../support/one-session.ts";
import { macRing } from "../../support/rings.ts";
import { refTo } from "../../support/sessions.ts";

/** A request from a region far away from the session, which reads KV. */
export const AWAY: Partial<Ref> = { away: true };
/** The time of the current test. */
export const clock = () => Date.now();
/** A change of a single attribute. */
export const patch = (value: number) => ({ patches: [{ value }] });

/** A session whose authority publishes to KV as it is deployed: one write per second and key. */
export function session(replicate: "travel" | "always" | "off" = "travel") {
  const faults = createFaults<KvFault>();
  const kv = createDistantKv({
    clock: { now: clock, sleep: async () => {} },
    random: () => 0,
    visibleAfterMs: { here: 0, elsewhere: 0 },
    faultOf: faults.faultOf,
  });
  const replicas = createKvReplicas({ namespace: kv.at("home"), seal: createSeal(macRing(1)), clock });
  const published: { copy: Copy; at: number; kind: string }[] = [];
  let held: Promise<void> = Promise.resolve();
  const watched: Copies = {
    ...replicas,
    async keep(copy) {
      await held;
      const { kind } = await replicas.keep(copy);
      published.push({ copy, at: clock(), kind });
      return kind === "unavailable" ? { kind, cause: new Error("KV failed") } : { kind };
    },
  };
  const one = oneSession({ replicas: watched, replicate, backup: "off" });
  return {
    ...one,
    faults,
    published,
    versions: () => published.map(({ copy, kind }) => (kind === "kept" ? copy.version : kind)),
    /** The result that a location finds in KV: a version, an end, or a miss. */
    async inKv() {
      const found = await replicas.read(refTo(one.id), clock());
      return found.kind === "hit" ? found.copy.version : found.kind;
    },
    /** Publishing waits until the returned function is called. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    async commit(...given: Parameters<typeof one.commit>) {
      const committed = await one.commit(...given);
      await one.settled();
      return committed;
    },
    async read(...given: Parameters<typeof one.read>) {
      const found = await one.read(...given);
      await one.settled();
      return found;
    },
    /** Resolves with the answer that comes before anything is published. */
    commitNow: one.commit,
    /** Lets time pass. The alarm rings at the time that it is set for. */
    async pass(seconds: number) {
      const until = clock() + seconds * 1000;
      for (let alarm = one.alarm(); alarm !== undefined && alarm <= until; alarm = one.alarm()) {
        setTime(Math.max(alarm, clock()));
        await one.ring();
        await one.settled();
      }
      setTime(until);
    },
  };
}
export type Session = ReturnType<typeof session>;
