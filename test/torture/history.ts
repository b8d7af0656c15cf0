import type { AdminAsk, Ask, Place } from "./schedule.ts";

/** An instant. `tick` orders all recorded events, and `ms` is the true time in milliseconds since 1970. */
export interface Moment {
  readonly tick: number;
  readonly ms: number;
}

/** The session as its origin is shown it. `sid` is absent while the session exists nowhere. */
export interface View {
  readonly sid?: string;
  readonly principal?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Whether the origin is told that this view is older than the client has seen. */
  readonly stale?: boolean;
  /** The flash that an earlier response has left for this request alone. */
  readonly flash?: Readonly<Record<string, unknown>>;
}

/** The session and generation that cookies name. */
export interface Held {
  readonly sid: string;
  readonly generation: number;
  /** 0: as far as these cookies know, the session exists nowhere. */
  readonly version: number;
  /** When the cookies expire, in milliseconds since 1970. Default: never. */
  readonly expiresAt?: number;
}

/** A login at the old application. Its session has the name as the attribute {@link OLD_NAME}. */
export interface OldLogin {
  readonly name: string;
  readonly person: string;
}

/** `done`: the response came from the origin, and the changes that it asked for are acknowledged. */
export type Outcome = "done" | "ended" | "failed";

/** A browser's request and everything that happened to it. */
export interface Visit {
  readonly id: number;
  readonly browser: number;
  /** How many times another browser's cookies had been copied into this browser. */
  readonly epoch: number;
  readonly place: Place;
  readonly ask: Ask;
  readonly left: Moment;
  /**
   * The visits whose answers have led to its page, where each page has texts of its own. Absent: pages share their
   * texts.
   */
  readonly pages?: readonly number[];
  /** The session and generation that its request's cookies named. */
  readonly held: Held | undefined;
  /** The login at the old application whose cookie its request brought. Absent: none. */
  readonly old?: OldLogin | undefined;
  /** When it reached the edge. Absent: never. */
  readonly reached?: Moment;
  /** The view that the origin was shown, if it was asked. */
  readonly shown?: View;
  /**
   * When the edge answered. Absent: never. `held`: the session that the cookies of request and response name together.
   */
  readonly answered?: Moment & { readonly outcome: Outcome; readonly held: Held | undefined };
  /**
   * When the browser got the response. Absent: never. `before` and `held`: the session that its jar named before and
   * after.
   */
  readonly arrived?: Moment & { readonly before: Held | undefined; readonly held: Held | undefined };
  /** The session's deadline may not have been renewed: the subject has said so. */
  readonly untouched?: boolean;
  /** When the subject told its operator that the authority has lost data of the visit's session. Absent: never. */
  readonly lossTold?: Moment;
}

/** How a change without a visitor went, and of which generation it was. */
export interface ActOutcome {
  readonly outcome: Outcome;
  /** The newest generation that an origin had been shown, because it writes with a handoff. */
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

/** The state of a session in the end. */
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

/** The record of one run. */
export interface History {
  readonly visits: readonly Visit[];
  readonly acts: readonly Act[];
  readonly troubles: readonly Trouble[];
  /** When the store of the authority came back with older data. */
  readonly setBacks: readonly Moment[];
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

/** The attribute that an old session brings along. */
export const OLD_NAME = "old";

/** The login at the old application that a session was adopted from. `undefined`: it was not adopted, or its origin is not shown it. */
export function adoptedFrom({ attributes }: Pick<View, "attributes">): string | undefined {
  const name = attributes[OLD_NAME];
  return typeof name === "string" ? name : undefined;
}

/** The name of a register. */
export function registerName(register: number): string {
  return `r${register}`;
}

/** The value that a visit or act writes, whatever the attribute. */
export function writtenValue(id: number): string {
  return `v${id}`;
}
