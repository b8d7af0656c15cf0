import { encodeBase64url } from "../../src/lib/base64url.ts";
import type { TakenOver } from "../../src/store/contracts.ts";
import type { Fallback } from "../../src/store/fallback-contract.ts";
import { type Swept, sweep } from "../../src/store/sweep.ts";
import { createAuthorities } from "../support/authorities.ts";
import { watchedFallback } from "../support/fallback.ts";
import { changeAt, refTo } from "../support/sessions.ts";

/** Makes the id of a session that the pending set of this number notes. */
export function idIn(set: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = set;
  return encodeBase64url(bytes);
}

/** Makes a fallback, the authorities and a sweep over both. */
export function world() {
  const redis = watchedFallback();
  const sessions = createAuthorities({ fallback: redis });
  const asked: string[] = [];
  let meets: (id: string) => Promise<TakenOver | undefined> = async () => undefined;
  const authority = {
    ...sessions,
    async takeOver(id: string) {
      asked.push(id);
      return (await meets(id)) ?? sessions.takeOver(id);
    },
  };
  return {
    redis,
    sessions,
    asked,
    /** Gives the journal a change of a session. */
    async journal(id: string, value: number): Promise<string> {
      const now = Date.now();
      const change = changeAt(now, { patches: [{ [`v${value}`]: value }] });
      await redis.real.append({ ref: refTo(id, now), change });
      return id;
    },
    /** Sets a step that the authority of a session runs before it looks; an answer of the step replaces the look. */
    meet(met: typeof meets) {
      meets = met;
    },
    outOfReach(ids: readonly string[]) {
      const lost = new Set(ids);
      meets = async (id) => (lost.has(id) ? { kind: "unavailable", cause: new Error("out of reach") } : undefined);
    },
    sweep: (fallback: Fallback = redis): Promise<Swept> => sweep({ fallback, authority, clock: () => Date.now() }),
    /** Reads the pending sets and ids from the real fallback, past all faults. */
    async pending() {
      const found = await redis.real.pendingSets();
      if (found.kind !== "sets") throw found.cause;
      const pages = await Promise.all(found.sets.map((set) => redis.real.pending(set, 0, 1_000)));
      return { sets: found.sets, ids: pages.flatMap((page) => (page.kind === "ids" ? page.ids : [])) };
    },
  };
}
export type World = ReturnType<typeof world>;

/** Makes `count` sessions at once and returns their ids. */
export const many = (count: number, make: (index: number) => Promise<string>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
