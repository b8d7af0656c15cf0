import type { Contestant } from "./contestant.ts";
import { hashring } from "./contestants/hashring.ts";
import { ketama } from "./contestants/ketama.ts";
import { maglev, whrw1 } from "./contestants/moor.ts";

export const CONTESTANTS: readonly Contestant[] = [whrw1, maglev, hashring, ketama];
