import { isRecord, sessionLimit } from "../../settings/grammar.ts";
import { MAX_REFUSING_SESSIONS } from "../../settings/limits.ts";
import { describe, type Item, itemsOf, type Mistake } from "../../settings/mistakes.ts";
import { adminMistakes } from "./admin.ts";
import { adoptMistakes } from "./adopt.ts";
import { authorityMistakes } from "./authority.ts";
import { carrierMistakes } from "./carriers.ts";
import { cookieSessionMistakes } from "./cookie-sessions.ts";
import { loginMistakes } from "./login.ts";
import { poolMistakes } from "./pools.ts";
import { routeMistakes } from "./routes.ts";
import { bindingMistakes, routeSessionMistakes, sessionMistakes } from "./session.ts";

/**
 * Mistakes between values of a configuration.
 *
 * It takes any input and looks only at values that are right by themselves. So one wrong value hides no other mistake, and no
 * mistake is listed twice.
 *
 * @param options.deploy also lists origins that a deployed Worker cannot reach.
 */
export function relationMistakes(input: unknown, options: { deploy: boolean }): Mistake[] {
  if (!isRecord(input)) return [];
  const pools = itemsOf(input, "pools");
  const routes = itemsOf(input, "routes");
  return [
    ...poolMistakes(pools, options),
    ...routeMistakes(routes, pools, { byDefault: input.routes === undefined }),
    ...(typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS ? adminMistakes(input, routes, options) : []),
    ...sessionMistakes(input.session),
    ...bindingMistakes(input),
    ...routeSessionMistakes(routes, input.session),
    ...ignoreMistakes(itemsOf(input, "ignore")),
    ...carrierMistakes(itemsOf(input, "carriers")),
    ...storesMistakes(input.stores),
    ...(typeof MOOR_ROWS === "undefined" || MOOR_ROWS ? authorityMistakes(input) : []),
    ...(typeof MOOR_COOKIE_SESSIONS === "undefined" || MOOR_COOKIE_SESSIONS ? cookieSessionMistakes(input) : []),
    ...limitMistakes(input.principals),
    ...(typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION ? adoptMistakes(input) : []),
    ...(typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN ? loginMistakes(input, { pools, routes }) : []),
  ];
}

function ignoreMistakes(patterns: Item[]): Mistake[] {
  return patterns
    .filter(({ value }) => Object.keys(value).length === 0)
    .map(({ path }) => ({ path, found: "an object without keys", accepted: "at least one condition" }));
}

function storesMistakes(stores: unknown): Mistake[] {
  if (!isRecord(stores) || stores.strictBackup !== true) return [];
  const { backup } = stores;
  if (backup !== undefined && backup !== "async" && backup !== "off") return [];
  const found = `true with ${backup === undefined ? "no stores.backup" : `stores.backup ${describe(backup)}`}`;
  return [{ path: "stores.strictBackup", found, accepted: 'true only with stores.backup "sync"' }];
}

function limitMistakes(principals: unknown): Mistake[] {
  const limit = isRecord(principals) ? principals.limit : undefined;
  if (!isRecord(limit) || limit.onTooMany !== "refuse") return [];
  const { sessions } = limit;
  const isWrongByItself = sessions !== undefined && !sessionLimit.accepts(sessions);
  if (isWrongByItself || (sessionLimit.accepts(sessions) && sessions <= MAX_REFUSING_SESSIONS)) return [];
  const found = sessions === undefined ? "nothing" : describe(sessions);
  const accepted = `1 to ${MAX_REFUSING_SESSIONS}, as onTooMany is "refuse"`;
  return [{ path: "principals.limit.sessions", found, accepted }];
}
