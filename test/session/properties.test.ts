import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change } from "../../src/session/change.ts";
import { T0 } from "../support/time.ts";
import { History } from "./history.ts";

/** Something that happens to a session: somebody of some generation reads, or sends a new or an old change. */
interface Event {
  readonly waitMs: number;
  readonly generation: number;
  readonly what: "read" | "patch" | "login" | "rotate" | "end" | "touch" | "repeat";
  /** Which of the principals, or which of the changes sent before. */
  readonly which: number;
}

const event: fc.Arbitrary<Event> = fc.record({
  waitMs: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 60_000 })),
  generation: fc.nat({ max: 3 }),
  what: fc.oneof(
    { weight: 1, arbitrary: fc.constant<Event["what"]>("end") },
    { weight: 30, arbitrary: fc.constantFrom<Event["what"]>("read", "patch", "login", "rotate", "touch", "repeat") },
  ),
  which: fc.nat({ max: 20 }),
});

/** The result of an event. `attributes` and `principal` are those that the client was shown. */
interface Step {
  readonly event: Event;
  readonly kind: string;
  readonly before: History["record"];
  readonly after: History["record"];
  readonly change: Partial<Change> | undefined;
  readonly shown: { generation: number; principal?: string; attributes: object } | undefined;
}

/** Plays events; each patch sets an attribute of its own. */
function play(events: readonly Event[]): Step[] {
  const history = new History();
  const sent: Partial<Change>[] = [];
  let now = T0;
  return events.map((event, index) => {
    now += event.waitMs;
    const before = history.record;
    const asked = { now, generation: event.generation };
    const change = event.what === "read" ? undefined : changeOf(event, index, sent, now);
    if (change && event.what !== "repeat") sent.push(change);
    const result = change ? history.apply(change, asked) : history.find(asked);
    const shown = "view" in result && !result.view?.ended ? result.view : undefined;
    return { event, kind: result.kind, before, after: history.record, change, shown };
  });
}

function changeOf({ what, which }: Event, index: number, sent: Partial<Change>[], now: number): Partial<Change> {
  const repeated = what === "repeat" ? sent[which % Math.max(1, sent.length)] : undefined;
  if (repeated) return repeated;
  const made = { id: `change-${index}`, expiresAt: now + 8_000 };
  switch (what) {
    case "login":
      return { ...made, principal: ["alice", "bob"][which % 10 === 9 ? 1 : 0] as string };
    case "rotate":
      return { ...made, rotate: true };
    case "end":
      return { ...made, end: true };
    case "touch":
      return { ...made, touch: true };
    default:
      return { ...made, patches: [{ [`of-${index}`]: index }] };
  }
}

/** Holds for any history of up to 60 events. */
function holds(check: (steps: Step[]) => void): void {
  fc.assert(
    fc.property(fc.array(event, { minLength: 20, maxLength: 60 }), (events) => check(play(events))),
    { numRuns: 400 },
  );
}

const attributesOf = (patches: Change["patches"]) => (patches ?? []).flatMap((patch) => Object.keys(patch));

describe("whatever happens to a session", () => {
  it("its version and generation never go down", () => {
    holds((steps) => {
      for (const { before, after } of steps) {
        expect(after?.version ?? 0).toBeGreaterThanOrEqual(before?.version ?? 0);
        expect(after?.generation ?? 0).toBeGreaterThanOrEqual(before?.generation ?? 0);
      }
    });
  });

  it("a number of a version never stands for two contents", () => {
    holds((steps) => {
      const contents = new Map<string, string>();
      for (const { after, shown } of steps) {
        for (const view of [after, shown]) {
          if (!view) continue;
          const { version, generation } = view as { version: number; generation: number };
          const name = `${generation} ${version}`;
          const content = JSON.stringify([view.principal, view.attributes]);
          expect(contents.get(name) ?? content).toBe(content);
          contents.set(name, content);
        }
      }
    });
  });

  it("each change is applied at most once: a version has one change, and no change has two versions", () => {
    holds((steps) => {
      const raised = new Map<string | undefined, number>();
      for (const { before, after, change } of steps) {
        const by = (after?.version ?? 0) - (before?.version ?? 0);
        if (by === 0) continue;
        expect(by).toBe(1);
        raised.set(change?.id, (raised.get(change?.id) ?? 0) + 1);
      }
      for (const times of raised.values()) expect(times).toBe(1);
    });
  });

  it("the record holds every acknowledged patch of its generations, and no other", () => {
    holds((steps) => {
      const acknowledged = new Set<string>();
      for (const { kind, change, after, shown } of steps) {
        const isOfRecord = kind === "committed" && shown?.generation === after?.generation;
        for (const name of isOfRecord ? attributesOf(change?.patches) : []) acknowledged.add(name);
        if (!after?.ended) expect(Object.keys(after?.attributes ?? {}).sort()).toEqual([...acknowledged].sort());
      }
    });
  });

  it("a refused change stores nothing", () => {
    holds((steps) => {
      for (const { kind, before, after } of steps) {
        if (["refused", "superseded", "conflict", "miss"].includes(kind)) expect(after).toBe(before);
      }
    });
  });

  it("an ended session never changes and is never shown", () => {
    holds((steps) => {
      for (const { before, after, shown } of steps) {
        if (!before?.ended) continue;
        expect(after).toBe(before);
        expect(shown).toBeUndefined();
      }
    });
  });

  it("a client of one generation sees nothing that a later generation has: neither principal nor attributes", () => {
    holds((steps) => {
      const principals = new Map<number, string | undefined>();
      const writtenBy = new Map<string, number>();
      for (const { event, kind, change, after, shown } of steps) {
        if (kind === "committed" && shown) {
          // A change is shown to the generation that sent it, or that it has made.
          for (const name of attributesOf(change?.patches))
            writtenBy.set(name, writtenBy.get(name) ?? event.generation);
        }
        if (after && !after.ended) principals.set(after.generation, after.principal);
        if (!shown) continue;
        expect(shown.principal).toBe(principals.get(shown.generation));
        for (const name of Object.keys(shown.attributes)) {
          expect(writtenBy.get(name)).toBeLessThanOrEqual(shown.generation);
        }
        const mayKnow = event.generation + (change?.rotate || change?.principal ? 1 : 0);
        if (event.what !== "repeat") expect(shown.generation).toBeLessThanOrEqual(mayKnow);
      }
    });
  });
});
