import type { AdminAsk, Ask, Place } from "./schedule.ts";

/** An instant: `tick` orders everything that was seen to happen, `ms` is the true time, milliseconds since 1970. */
export interface Moment {
  readonly tick: number;
  readonly ms: number;
}

/** What a session's origin is shown; `sid` is absent while the session exists nowhere. */
export interface View {
  readonly sid?: string;
  readonly principal?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Told to be older than what the client has seen. */
  readonly stale?: boolean;
  /** What an earlier response has left for this request alone. */
  readonly flash?: Readonly<Record<string, unknown>>;
}

/** What cookies name. */
export interface Held {
  readonly sid: string;
  readonly generation: number;
  /** 0: as far as these cookies know, the session exists nowhere. */
  readonly version: number;
  /** When they are worth nothing any more, milliseconds since 1970. Default: never. */
  readonly expiresAt?: number;
}

/** `done`: the response came from the origin, and what it asked for is acknowledged. */
export type Outcome = "done" | "ended" | "failed";

/** A browser's request and all that became of it. */
export interface Visit {
  readonly id: number;
  readonly browser: number;
  /** How many times cookies of another had been copied into the browser. */
  readonly epoch: number;
  readonly place: Place;
  readonly ask: Ask;
  readonly left: Moment;
  /** The visits whose answers have led to its page, where each page holds what it was given. Absent: pages share what they hold. */
  readonly pages?: readonly number[];
  /** What the cookies named that it left with. */
  readonly held: Held | undefined;
  /** When it reached the edge; absent: never. */
  readonly reached?: Moment;
  /** What the origin was shown, if it was asked. */
  readonly shown?: View;
  /** When the edge answered; absent: never. `held`: what the cookies of request and response name together. */
  readonly answered?: Moment & { readonly outcome: Outcome; readonly held: Held | undefined };
  /** When the browser got the response; absent: never. `before` and `held`: what its jar named before and after. */
  readonly arrived?: Moment & { readonly before: Held | undefined; readonly held: Held | undefined };
  /** The session's deadline may not have been renewed: the subject has said so. */
  readonly untouched?: boolean;
}

/** How a change without a visitor went, and of which generation it was. */
export interface ActOutcome {
  readonly outcome: Outcome;
  /** The newest that an origin had been shown: it writes with a handoff. */
  readonly generation: number;
}

/** A change without a visitor. */
export interface Act {
  readonly id: number;
  readonly sid: string;
  readonly ask: AdminAsk;
  readonly left: Moment;
  readonly answered?: Moment & ActOutcome;
}

/** What is left of a session in the end. */
export type Truth =
  | {
      readonly kind: "live";
      readonly principal?: string;
      readonly attributes: Readonly<Record<string, unknown>>;
      /** How many changes have been applied, if the subject counts them. */
      readonly version?: number;
    }
  | { readonly kind: "ended"; readonly version?: number }
  | { readonly kind: "none" };

/** A time in which something failed. */
export interface Trouble {
  readonly what: string;
  readonly from: Moment;
  readonly until: Moment;
}

/** What was seen of one run. */
export interface History {
  readonly visits: readonly Visit[];
  readonly acts: readonly Act[];
  readonly troubles: readonly Trouble[];
  /** By session. */
  readonly truths: ReadonlyMap<string, Truth>;
  /** When the truths were read, long after the last trouble. */
  readonly end: Moment;
}

/** The attribute that a visit or act adds. */
export function addedName(id: number): string {
  return `u${id}`;
}

/** The name of the flash that a visit leaves. */
export function flashName(id: number): string {
  return `f${id}`;
}

/** The attribute in which a sign-in leaves its visit. */
export const LOGIN_NAME = "login";

/** The name of a register. */
export function registerName(register: number): string {
  return `r${register}`;
}

/** The value that a visit or act writes, whatever the attribute. */
export function writtenValue(id: number): string {
  return `v${id}`;
}
