import type { Shape } from "../arbitrary.ts";
import type { Schedule } from "../schedule.ts";

/** A place in the source where a rule stands, with the text that stands there without the rule. */
export interface Edit {
  /** A path from the root of the project. */
  readonly file: string;
  /** Text that is there exactly once. */
  readonly from: string;
  readonly to: string;
}

/** A rule of the session protocol, with the schedule that breaks the promise without it. */
export interface Rule {
  readonly name: string;
  /** The rule in a sentence. */
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** The configuration that needs it most. */
  readonly config: string;
  /** The shape of schedules that need the rule soon, where the usual schedules rarely need it. */
  readonly shape?: Partial<Shape> | undefined;
  /**
   * The drawn schedule that breaks the promise without the rule: its seed, and its number among the schedules of that
   * seed.
   */
  readonly found?: { readonly seed: number; readonly number: number } | undefined;
  /** A schedule that breaks the promise without the rule, written by hand, where drawn schedules need too long. */
  readonly made?: Schedule | undefined;
  /** Why no schedule needs the rule, where another rule keeps the same promise. */
  readonly redundant?: string | undefined;
}
