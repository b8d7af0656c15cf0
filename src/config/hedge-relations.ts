import { definedOf, POOL_DEFAULTS } from "./defaults.ts";
import { hedgeAfter } from "./grammar.ts";
import type { Item } from "./items.ts";
import { describe, type Mistake } from "./mistakes.ts";
import { leadsTo } from "./zone-relations.ts";

/** What keeps a route from hedging: answers that are not worth the same, or attempts that are over before. */
export function hedgeMistakes(route: Item, pools: readonly Item[]): Mistake[] {
  const { hedgeAfterMs, session } = route.value;
  if (!hedgeAfter.accepts(hedgeAfterMs)) return [];
  const mayHedge = ({ value }: Item) => {
    const settings: Item["value"] = { ...POOL_DEFAULTS, ...definedOf(value), ...definedOf(route.value) };
    const { learn, strictAffinity, attemptDeadlineMs } = settings;
    return learn === undefined && strictAffinity !== true && !(hedgeAfterMs > Number(attemptDeadlineMs));
  };
  if (session === false && pools.filter(({ value }) => leadsTo(route, value.id)).every(mayHedge)) return [];
  const accepted = "1 to the attempt's deadline, with session: false, and neither learn nor strictAffinity";
  return [{ path: `${route.path}.hedgeAfterMs`, found: describe(hedgeAfterMs), accepted }];
}
