import type { KvFault, LinkFault, ObjectFault } from "../../emulation/faults.ts";

/**
 * The events of one run with their times. It is plain data that can be printed, shrunk and replayed. Times are
 * milliseconds.
 */
export interface Schedule {
  /** Decides the other draws while it is played: keys, and distances between places. */
  readonly seed: number;
  readonly clocks: Clocks;
  readonly steps: readonly Step[];
}

/** How far each clock is ahead of the true time. */
export interface Clocks {
  /** Of each location's edge, in the order of {@link LOCATIONS}. */
  readonly edges: readonly number[];
  readonly authority: number;
  readonly redis: number;
}

/** Where requests reach the edge. */
export const LOCATIONS = ["ams", "sin", "iad"] as const;
export type Location = (typeof LOCATIONS)[number];

/** One of a location's isolates. */
export interface Place {
  readonly location: Location;
  readonly isolate: number;
}

/** Something that happens `afterMs` after the step before it has begun. */
export type Step = { readonly afterMs: number } & (
  | VisitStep
  | AdminStep
  | CopyStep
  | CrashStep
  | FaultStep
  | SetBackStep
  | RecallStep
  | OldLoginStep
  | OldCopyStep
);

/** One of a browser's tabs sends a request. */
export interface VisitStep {
  readonly kind: "visit";
  readonly browser: number;
  readonly place: Place;
  readonly ask: Ask;
  /** A page is navigated to; otherwise a script of a page asks. */
  readonly navigates: boolean;
  /** How long the request takes to reach the edge. */
  readonly upMs: number;
  /** How long the origin takes. */
  readonly originMs: number;
  /** How long the response takes to reach the browser. */
  readonly downMs: number;
  readonly lost: "request" | "response" | "nothing";
}

/**
 * The change that a visit makes the origin ask for. The visit's number tells its values from others. `add` writes an
 * attribute of its own that is never removed. `register` is an attribute that visits overwrite and remove.
 */
export type Ask =
  | { readonly kind: "read" }
  | { readonly kind: "add" }
  | { readonly kind: "set"; readonly register: number }
  | { readonly kind: "remove"; readonly register: number }
  | { readonly kind: "login"; readonly principal: string; readonly adds: boolean }
  | { readonly kind: "rotate"; readonly adds: boolean }
  /**
   * The browser's own person signs in: with a principal, or with attributes alone and a rotation, as older applications
   * do. Both write the visit into the attribute `login`.
   */
  | { readonly kind: "sign-in"; readonly by: "principal" | "attributes"; readonly adds: boolean }
  /** Leaves a flash of its own for the next page. */
  | { readonly kind: "flash" }
  | { readonly kind: "end" };

/** The person at each browser. They never log in as another person. */
export const PEOPLE = ["alice", "mallory", "bob"] as const;

/** Somebody changes the session that a browser holds, without being its visitor. */
export interface AdminStep {
  readonly kind: "admin";
  readonly place: Place;
  readonly browser: number;
  readonly ask: AdminAsk;
}

export type AdminAsk = Extract<Ask, { kind: "add" | "set" | "end" }>;

/**
 * All cookies of a browser are copied into another browser. A thief takes a token, or plants their own token in the
 * browser of a person who has not logged in yet.
 */
export interface CopyStep {
  readonly kind: "copy";
  readonly from: number;
  readonly to: number;
}

/**
 * A browser takes up cookies again that it has held before, because an attacker keeps older proofs as well as newer
 * ones.
 */
export interface RecallStep {
  readonly kind: "recall";
  readonly browser: number;
  /** Which cookies, counted back from the newest. */
  readonly back: number;
}

/**
 * The person at a browser, which holds no token any more, logs in at the old application, and arrives with its cookie alone. The cookie is
 * named after the step.
 */
export interface OldLoginStep {
  readonly kind: "old-login";
  readonly browser: number;
}

/** A thief copies the cookie of the old application alone into their browser, which holds no token then. */
export interface OldCopyStep {
  readonly kind: "old-copy";
  readonly from: number;
  readonly to: number;
}

/** An isolate is lost, with its memory and the requests in it. */
export interface CrashStep {
  readonly kind: "crash";
  readonly place: Place;
}

/** A store comes back with the data that it held so long ago. */
export interface SetBackStep {
  readonly kind: "set-back";
  readonly ms: number;
  /** Default: Redis as the fallback. */
  readonly store?: "authority";
}

/** A store fails. */
export type FaultStep = {
  readonly kind: "fault";
  /** The affected calls: from one location, from the objects, or all. */
  readonly from: Location | "objects" | "everywhere";
  /** The affected calls, by their method. Default: all methods. */
  readonly operation?: string;
  /** How long the fault lasts. 0: for one call. */
  readonly lastsMs: number;
} & (
  | { readonly store: "object"; readonly fault: ObjectFault }
  | { readonly store: "kv"; readonly fault: KvFault }
  | { readonly store: "redis"; readonly fault: LinkFault }
);
