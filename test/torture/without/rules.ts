import { CHANGES } from "./changes.ts";
import { COPIES } from "./copies.ts";
import { GENERATIONS } from "./generations.ts";
import { JOURNAL } from "./journal.ts";
import { ROTATIONS } from "./rotations.ts";
import type { Rule } from "./rule.ts";

/** Every rule that can be taken away. */
export const RULES: readonly Rule[] = [...COPIES, ...JOURNAL, ...CHANGES, ...GENERATIONS, ...ROTATIONS];
