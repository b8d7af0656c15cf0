import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../emulation/clock.ts";
import { createFaults } from "../../emulation/faults.ts";
import { type NamespaceFault, objectsOverLink } from "../../emulation/objects-over-link.ts";
import { createObjectAuthority } from "../../src/objects/clients/session-client.ts";
import { changeAt, refTo, uniqueId } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";

/** The real objects, 40 ms away. The clock notes each sleep and does not wait. */
function world() {
  const slept: number[] = [];
  const clock: Clock = { now: () => T0, sleep: async (ms) => void slept.push(ms) };
  const faults = createFaults<NamespaceFault>();
  const link = { clock, from: "syd", requestMs: () => 40, responseMs: () => 40, faultOf: faults.faultOf };
  const asked: unknown[] = [];
  const near = {
    getByName(name: string, options?: object) {
      asked.push({ name, options });
      return env.SESSION_OBJECT.getByName(name, options);
    },
  };
  return { slept, asked, faults, authority: createObjectAuthority(objectsOverLink(near, link)) };
}

describe("real objects over a link", () => {
  it("answer as they are, from as far away as the link says", async () => {
    const { slept, asked, authority } = world();
    const ref = { ...refTo(uniqueId()), bornAt: Date.now(), arrivedAt: Date.now() };
    const committed = await authority.commit(ref, changeAt(Date.now(), { patches: [{ a: 1 }] }));
    expect(committed).toMatchObject({ kind: "committed", copy: { version: 1 } });
    expect(slept).toEqual([40, 40]);
    expect(asked).toEqual([{ name: ref.id, options: { retry: { maxRetries: 0 } } }]);
  });

  it("are out of reach as the link's faults say, for callers that repeat a call as well", async () => {
    const { faults, authority } = world();
    faults.set({ kind: "down" });
    const lost = { kind: "unavailable", cause: new Error("Network connection lost.") };
    expect(await authority.read(refTo(uniqueId()), T0)).toMatchObject(lost);
    faults.clear();
    faults.next({ kind: "down" });
    expect(await authority.read(refTo(uniqueId()), T0)).toEqual({ kind: "miss" });
  });
});
