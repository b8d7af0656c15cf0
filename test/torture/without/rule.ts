import type { Shape } from "../arbitrary.ts";
import type { Schedule } from "../schedule.ts";

/** A place in the source where a rule stands, and what stands there without it. */
export interface Edit {
  /** From the root of the project. */
  readonly file: string;
  /** Text that is there exactly once. */
  readonly from: string;
  readonly to: string;
}

/** A rule of the session protocol, and what becomes of it when it is taken away. */
export interface Rule {
  readonly name: string;
  /** What it says. */
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** The configuration that needs it most. */
  readonly config: string;
  /** What schedules must be made of to need it soon, where the usual ones rarely do. */
  readonly shape?: Partial<Shape> | undefined;
  /** A schedule that shows what goes wrong: the one with this number among those of a seed. */
  readonly found?: { readonly seed: number; readonly number: number } | undefined;
  /** A schedule that shows it, thought out and written down by hand, where drawn ones need too long. */
  readonly made?: Schedule | undefined;
  /** Why nothing can show it, where another rule keeps the same. */
  readonly redundant?: string | undefined;
}
