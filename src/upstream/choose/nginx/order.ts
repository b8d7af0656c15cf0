import type { EjectedFlags } from "../../../affinity/affinity.ts";
import { algorithmOf } from "../../../affinity/algorithms.ts";
import type { AffinityConfig, NginxAffinityConfig } from "../../../config/pool-types.ts";
import type { ResolvedPool } from "../../../config/resolved.ts";
import { leftOut } from "../../../lib/build-flags.ts";
import type { HashFacts } from "../hash-policy.ts";
import { createNginxKey, ipHashKey, type NginxKey } from "./key.ts";
import { createNginxMapping } from "./mapping.ts";

/** The origins that nginx would try for a request, best first, as indices into the pool's list. */
export type NginxOrder = (
  facts: HashFacts & { readonly bornAt: number },
  limit: number,
  barred: EjectedFlags | undefined,
) => number[];

/** Compiles an nginx algorithm for sessions born before its cut-over; `undefined`: the pool uses no nginx algorithm. */
export function createNginxOrder({ affinity, origins }: ResolvedPool): NginxOrder | undefined {
  if (!isNginx(affinity)) return undefined;
  return typeof MOOR_NGINX === "undefined" || MOOR_NGINX
    ? compiled(affinity, origins)
    : leftOut("MOOR_NGINX", `affinity "${affinity.algorithm}" is configured`);
}

function compiled(affinity: NginxAffinityConfig, origins: ResolvedPool["origins"]): NginxOrder {
  const indices = origins.flatMap(({ backup }, index) => (backup ? [] : [index]));
  const servers = origins.filter(({ backup }) => !backup);
  const mapping = createNginxMapping(
    affinity.algorithm,
    servers.map(({ nginxServer = "", weight, down }) => ({ name: nginxServer, weight, down })),
  );
  const keyOf = nginxKeyOf(affinity);
  const endsAt = nginxEndsAt(affinity);

  return (facts, limit, barred) => {
    if (facts.bornAt >= endsAt) return [];
    const flags = barred && Uint8Array.from(indices, (index) => barred[index] as number);
    return mapping.order(keyOf(facts), limit, flags).map((at) => indices[at] as number);
  };
}

/** Sessions born before that go by an algorithm of nginx: milliseconds since 1970. */
export function nginxEndsAt(affinity: AffinityConfig): number {
  if (!isNginx(affinity)) return -Infinity;
  return affinity.cutOver === undefined ? Infinity : Date.parse(affinity.cutOver);
}

function isNginx(affinity: AffinityConfig): affinity is NginxAffinityConfig {
  return algorithmOf(affinity.algorithm) === undefined;
}

function nginxKeyOf(affinity: NginxAffinityConfig): NginxKey {
  return affinity.algorithm === "nginx-ip-hash" ? ipHashKey : createNginxKey(affinity.key);
}
