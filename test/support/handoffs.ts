import type { KeyRing } from "../../src/inbound/token/key-ring.ts";
import { createHandoff, type Handoff, type HandoffOptions } from "../../src/upstream/wire/handoff.ts";
import { handoffRing } from "./rings.ts";
import { POLICY } from "./sessions.ts";

/** The issuer of the tests' handoffs. */
export const ISSUER = "https://shop.test";
/** The public address of the tests' requests. */
export const ADDRESS = { host: "shop.test", scheme: "https" };

/** Handoffs that are valid for 60 seconds, with 64 bytes of attributes. */
export function handoffsBy(ring: KeyRing, given: Partial<HandoffOptions> = {}): Handoff {
  return createHandoff({ ring, issuer: ISSUER, dataBytes: 64, lifeSeconds: 60, policy: POLICY, ...given });
}

/** The same by a ring of one key. */
export async function createTestHandoffs(given: Partial<HandoffOptions> = {}): Promise<Handoff> {
  return handoffsBy(await handoffRing(1), given);
}
