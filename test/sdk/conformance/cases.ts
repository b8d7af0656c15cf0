import { changes } from "./cases/changes.ts";
import { afterDeath } from "./cases/deaths.ts";
import { handoffs } from "./cases/handoffs.ts";
import { lives } from "./cases/lives.ts";
import { values } from "./cases/values.ts";
import type { World } from "./world.ts";

/** A promise of every drop-in. */
export interface Case {
  /** Names the case in lists of exceptions. */
  readonly id: string;
  /** The promise, after "a drop-in". */
  readonly name: string;
  play(world: World): Promise<void>;
}

/** All cases, in the order in which they are played: the last cases kill servers. */
export const cases: readonly Case[] = [...handoffs, ...changes, ...values, ...lives, ...afterDeath];
