import type { EjectedFlags } from "../../../affinity/affinity.ts";
import { createChash } from "./chash.ts";
import { createHash } from "./hash.ts";
import { createIpHash } from "./ip-hash.ts";
import { inTurn, type NginxServer } from "./tries.ts";

/** The algorithms of nginx that Moor computes bit by bit. */
export type NginxAlgorithm = "nginx-ip-hash" | "nginx-hash" | "nginx-chash";

/** The servers that nginx would try for a key. */
export interface NginxMapping {
  readonly name: NginxAlgorithm;
  /**
   * Indices into the list that the mapping was created with, in the order in which nginx would try them; verified
   * against nginx 1.22.1. The list is short or empty where nginx stops hashing and continues with round robin. nginx
   * does so for an empty key, and after 20 servers that it had to skip. Round robin depends on the requests that nginx
   * has served before.
   *
   * @param key the bytes that are hashed; for `nginx-ip-hash` see {@link createIpHash}.
   * @param limit the greatest length of the list.
   * @param ejected the servers to leave out, as nginx leaves out a server that has failed.
   */
  order(key: Uint8Array, limit: number, ejected?: EjectedFlags): number[];
}

const PICKS = { "nginx-ip-hash": createIpHash, "nginx-hash": createHash, "nginx-chash": createChash };

/** @param servers the servers that are not `backup`, in the order of the `upstream` block; at least one. */
export function createNginxMapping(name: NginxAlgorithm, servers: readonly NginxServer[]): NginxMapping {
  const picks = PICKS[name](servers);
  const down = Uint8Array.from(servers, (server) => (server.down ? 1 : 0));
  return {
    name,
    order(key, limit, ejected) {
      if (key.length === 0) return [];
      const skips = ejected ? down.map((flag, index) => flag | (ejected[index] as number)) : down.slice();
      return inTurn(picks(key), limit, skips);
    },
  };
}
