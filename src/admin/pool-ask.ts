import { time } from "../config/grammar.ts";
import type { PoolChange } from "../upstream/live/pool-changes.ts";

/** What an admin asks of an origin, read from the body of his request. */
export type PoolAsk =
  | { kind: "ask"; asked: Pick<PoolChange, "at" | "deadlineMs" | "anyway"> }
  | { kind: "malformed"; title: string };

/** The longest that a session may live. */
const MAX_DEADLINE_SECONDS = 31_536_000;

/** The keys of a body, for each action. */
const KEYS: Partial<Record<PoolChange["action"], readonly string[]>> = {
  drain: ["at", "deadlineSeconds", "anyway"],
  eject: ["at", "anyway"],
};

/** Reads a body: nothing, or a JSON object of the action's keys, all of them optional. */
export function readPoolAsk(action: PoolChange["action"], body: string): PoolAsk {
  const given = parsed(body);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { kind: "malformed", title: "The body: nothing, or a JSON object." };
  }
  const keys = KEYS[action] ?? ["at"];
  if (Object.keys(given).some((key) => !keys.includes(key))) {
    return { kind: "malformed", title: `The body: a JSON object of ${keys.join(", ")}.` };
  }
  const { at, deadlineSeconds, anyway } = given as { at?: unknown; deadlineSeconds?: unknown; anyway?: unknown };
  const isNow = at === "now" && action === "eject";
  if (at !== undefined && !isNow && !time.accepts(at)) {
    return { kind: "malformed", title: `at: ${time.accepted}${action === "eject" ? ', or "now"' : ""}.` };
  }
  if (deadlineSeconds !== undefined && !isDeadline(deadlineSeconds)) {
    return { kind: "malformed", title: `deadlineSeconds: a whole number, 1 to ${MAX_DEADLINE_SECONDS}.` };
  }
  if (anyway !== undefined && typeof anyway !== "boolean") {
    return { kind: "malformed", title: "anyway: true or false." };
  }
  return {
    kind: "ask",
    asked: {
      ...(at === undefined ? {} : { at: isNow ? "now" : Date.parse(at as string) }),
      ...(deadlineSeconds === undefined ? {} : { deadlineMs: (deadlineSeconds as number) * 1000 }),
      ...(anyway === undefined ? {} : { anyway }),
    },
  };
}

function isDeadline(given: unknown): boolean {
  return Number.isInteger(given) && Number(given) >= 1 && Number(given) <= MAX_DEADLINE_SECONDS;
}

function parsed(body: string): unknown {
  if (body.trim() === "") return {};
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
