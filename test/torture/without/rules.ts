import { ADOPTIONS } from "./adoptions.ts";
import { CHANGES } from "./changes.ts";
import { COOKIES } from "./cookies.ts";
import { COPIES } from "./copies.ts";
import { DRIVERS } from "./drivers.ts";
import { GENERATIONS } from "./generations.ts";
import { JOURNAL } from "./journal.ts";
import { ROTATIONS } from "./rotations.ts";
import { ROWS } from "./rows.ts";
import type { Rule } from "./rule.ts";
import { SET_BACKS } from "./set-backs.ts";

/** Every rule that can be taken away. */
export const RULES: readonly Rule[] = [
  ...COPIES,
  ...JOURNAL,
  ...CHANGES,
  ...GENERATIONS,
  ...ROTATIONS,
  ...SET_BACKS,
  ...ROWS,
  ...DRIVERS,
  ...COOKIES,
  ...ADOPTIONS,
];
