import type { FailureRow } from "./failures.ts";
import type { FrontName } from "./fronts.ts";
import type { AttackRow, DeathRow } from "./isolates.ts";
import type { Outcome } from "./scenario.ts";

/** The outcome of a scenario with a front, or why it was not played. */
export type Played = { readonly scenario: string; readonly front: FrontName } & (
  | { readonly outcome: Outcome }
  | { readonly skipped: string }
);

/** All results of a run of the command. */
export interface Results {
  /** When it began, in UTC. */
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cpus: number };
  /** The versions of the programs that took part, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: readonly Played[];
  readonly deaths: readonly DeathRow[];
  readonly attacks: readonly AttackRow[];
  readonly failures: readonly FailureRow[];
}
