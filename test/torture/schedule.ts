import type { KvFault, LinkFault, ObjectFault } from "../../emulation/faults.ts";

/** What happens in one run, and when. Plain data: printed, shrunk and replayed. Times are milliseconds. */
export interface Schedule {
  /** Decides what else is drawn while it is played: keys, and how far apart things are. */
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
 * What a visit makes the origin ask for. What it writes is told apart by the visit's number: `add` writes an attribute of
 * its own that nobody ever removes; `register` is one that visits overwrite and remove.
 */
export type Ask =
  | { readonly kind: "read" }
  | { readonly kind: "add" }
  | { readonly kind: "set"; readonly register: number }
  | { readonly kind: "remove"; readonly register: number }
  | { readonly kind: "login"; readonly principal: string; readonly adds: boolean }
  | { readonly kind: "rotate"; readonly adds: boolean }
  /**
   * The browser's own person signs in: with a principal, or with attributes alone and a rotation, as applications of before do.
   * Both write who it was into the attribute `login`.
   */
  | { readonly kind: "sign-in"; readonly by: "principal" | "attributes"; readonly adds: boolean }
  /** Leaves a flash of its own for the next page. */
  | { readonly kind: "flash" }
  | { readonly kind: "end" };

/** Who sits at each browser, and logs in as nobody else. */
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
 * All cookies of a browser are copied into another: a thief takes a token, or plants his own in the browser of somebody
 * who has not logged in yet.
 */
export interface CopyStep {
  readonly kind: "copy";
  readonly from: number;
  readonly to: number;
}

/** A browser takes up cookies again that it has held before: an attacker forgets nothing, an older proof no more than a newer. */
export interface RecallStep {
  readonly kind: "recall";
  readonly browser: number;
  /** Which ones, counted back from the newest. */
  readonly back: number;
}

/** An isolate is lost, with its memory and the requests in it. */
export interface CrashStep {
  readonly kind: "crash";
  readonly place: Place;
}

/** Redis comes back with what it held so long ago. */
export interface SetBackStep {
  readonly kind: "set-back";
  readonly ms: number;
}

/** A store fails. */
export type FaultStep = {
  readonly kind: "fault";
  /** Who is affected: calls from one location, from the objects, or all. */
  readonly from: Location | "objects" | "everywhere";
  /** Which calls, by their method; default: all. */
  readonly operation?: string;
  /** How long; 0: one call. */
  readonly lastsMs: number;
} & (
  | { readonly store: "object"; readonly fault: ObjectFault }
  | { readonly store: "kv"; readonly fault: KvFault }
  | { readonly store: "redis"; readonly fault: LinkFault }
);
