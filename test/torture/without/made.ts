import type { Ask, FaultStep, Schedule, Step, VisitStep } from "../schedule.ts";

type Happening = Step extends infer Each ? (Each extends Step ? Omit<Each, "afterMs"> : never) : never;

/** A schedule of events with their times, in milliseconds from its beginning. All clocks show the true time. */
export function made(...happenings: readonly (readonly [atMs: number, happens: Happening])[]): Schedule {
  const steps = happenings.map(([atMs, happens], index) => {
    const afterMs = atMs - (happenings[index - 1]?.[0] ?? 0);
    return { afterMs, ...happens } as Step;
  });
  return { seed: 1, clocks: { edges: [0, 0, 0], authority: 0, redis: 0 }, steps };
}

/** A visit by a page through the first isolate in Amsterdam. It is neither slow nor lost, unless `more` says so. */
export function visit(browser: number, ask: Ask["kind"] | Ask, more: Partial<VisitStep> = {}): Happening {
  return {
    kind: "visit",
    browser,
    place: { location: "ams", isolate: 0 },
    ask: typeof ask === "string" ? askOf(ask) : ask,
    navigates: false,
    upMs: 10,
    originMs: 10,
    downMs: 10,
    lost: "nothing",
    ...more,
  };
}

/** The cookies of the first browser are copied to the second. */
export const COPIED: Happening = { kind: "copy", from: 0, to: 1 };

/** Another isolate, whose memory is empty. */
export const ELSEWHERE = { place: { location: "ams", isolate: 1 } } as const;

/** The objects cannot be reached for so long. */
export function objectsDown(lastsMs: number): Happening {
  return { kind: "fault", from: "everywhere", lastsMs, store: "object", fault: { kind: "down" } };
}

/** For so long the objects do their work, and their answers are lost. The fault concerns one method. */
export function objectsMute(lastsMs: number, operation: string): Happening {
  return {
    kind: "fault",
    from: "everywhere",
    operation,
    lastsMs,
    store: "object",
    fault: { kind: "response-lost", silent: false },
  };
}

/** Redis comes back with the data that it held so long ago. */
export function setBack(ms: number): Happening {
  return { kind: "set-back", ms };
}

type RedisFault = Extract<FaultStep, { store: "redis" }>["fault"];

/**
 * The next call to Redis from one place meets a fault, or all calls for so long. `operation` limits the fault to one
 * method.
 */
export function redis(from: FaultStep["from"], fault: RedisFault, lastsMs = 0, operation?: string): Happening {
  return { kind: "fault", from, lastsMs, store: "redis", fault, ...(operation === undefined ? {} : { operation }) };
}

function askOf(kind: Ask["kind"]): Ask {
  switch (kind) {
    case "set":
    case "remove":
      return { kind, register: 0 };
    case "login":
      return { kind, principal: "alice", adds: false };
    case "rotate":
      return { kind, adds: false };
    case "sign-in":
      return { kind, by: "attributes", adds: false };
    default:
      return { kind };
  }
}
