import type { Kept } from "./carriers.ts";
import type { OldLogin } from "./history.ts";
import { PEOPLE } from "./schedule.ts";

/** The cookie of the old application. */
export const OLD_COOKIE = "old";

/** The id of the session that a step's login at the old application makes; it is also the value of the cookie. */
export function oldIdOf(step: number, browser: number): string {
  return `session-of-step-${step}-${PEOPLE[browser]}`;
}

/** The login of a session at the old application. */
export function loginOfId(id: string): OldLogin | undefined {
  const [, step, person] = /^session-of-step-(\d+)-(\w+)$/.exec(id) ?? [];
  return step === undefined || person === undefined ? undefined : { name: `o${step}`, person };
}

/** The login at the old application whose cookie a browser holds. */
export function oldLoginOf(kept: Kept): OldLogin | undefined {
  return loginOfId(kept.get(OLD_COOKIE) ?? "");
}
