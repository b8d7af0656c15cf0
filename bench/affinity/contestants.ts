import type { Contestant } from "./contestant.ts";
import { hashring } from "./contestants/hashring.ts";
import { ketama } from "./contestants/ketama.ts";
import { maglev } from "./contestants/maglev.ts";
import { whrw1 } from "./contestants/whrw1.ts";

export const CONTESTANTS: readonly Contestant[] = [whrw1, maglev, hashring, ketama];
