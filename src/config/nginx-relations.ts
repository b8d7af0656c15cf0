import { isRecord, slowStart } from "./grammar.ts";
import type { Item } from "./items.ts";
import { describe, type Mistake } from "./mistakes.ts";

/** What is wrong of a pool's origins for an algorithm of nginx, which takes whole weights and, for a ring, names. */
export function nginxMistakes(affinity: unknown, origins: readonly Item[]): Mistake[] {
  const algorithm = (affinity as { algorithm?: unknown } | undefined)?.algorithm;
  if (typeof algorithm !== "string" || !algorithm.startsWith("nginx-")) return [];
  const servers = origins.filter(({ value }) => value.backup !== true);
  if (servers.length === 0 && origins[0]) {
    const accepted = `an origin that is no backup, as the pool goes by ${algorithm}`;
    return [{ path: `${origins[0].path}.backup`, found: "true, and so for all", accepted }];
  }
  return [
    ...servers.flatMap(({ value: { weight }, path }) =>
      typeof weight === "number" && !Number.isInteger(weight)
        ? [
            {
              path: `${path}.weight`,
              found: describe(weight),
              accepted: `a whole number, as the pool goes by ${algorithm}`,
            },
          ]
        : [],
    ),
    ...(algorithm === "nginx-chash" ? nameMistakes(servers) : []),
  ];
}

/** What is wrong of a pool that goes by an algorithm of nginx for good and shall weigh by birth. */
export function slowStartMistakes({ value, path }: Item): Mistake[] {
  const { affinity, slowStartSeconds: seconds } = value;
  const { algorithm, cutOver } = isRecord(affinity) ? affinity : {};
  const isNginx = typeof algorithm === "string" && algorithm.startsWith("nginx-") && cutOver === undefined;
  if (!isNginx || !slowStart.accepts(seconds) || seconds === 0) return [];
  const accepted = `0, or an affinity.cutOver, as the pool goes by ${algorithm} and not by whrw1`;
  return [{ path: `${path}.slowStartSeconds`, found: describe(seconds), accepted }];
}

function nameMistakes(servers: readonly Item[]): Mistake[] {
  const accepted = "the server exactly as nginx's configuration names it, each once, as the pool goes by nginx-chash";
  const first = new Map<unknown, string>();
  return servers.flatMap(({ value: { nginxServer }, path }) => {
    const earlier = first.get(nginxServer);
    if (earlier === undefined) first.set(nginxServer, path);
    if (nginxServer !== undefined && earlier === undefined) return [];
    const found = nginxServer === undefined ? "nothing" : `${describe(nginxServer)}, as at ${earlier}`;
    return [{ path: `${path}.nginxServer`, found, accepted }];
  });
}
