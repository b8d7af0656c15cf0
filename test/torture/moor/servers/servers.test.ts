import { describe } from "vitest";
import { realClock } from "../../../../emulation/clock.ts";
import type { LinkFault } from "../../../../emulation/faults.ts";
import { d1 } from "../../../../src/row-stores/d1.ts";
import type { Guarantees } from "../../../../src/row-stores/kind.ts";
import { memcached } from "../../../../src/row-stores/memcached.ts";
import { postgres } from "../../../../src/row-stores/postgres.ts";
import { redis } from "../../../../src/row-stores/redis.ts";
import { redisTcp } from "../../../../src/row-stores/redis-tcp.ts";
import { gapsOf, testRowStore } from "../../../row-stores/row-store.suite.ts";
import { createRandom } from "../../random.ts";
import { ROW_SERVERS } from "./servers.ts";

/** A server in memory as a location reaches it, with the real time. */
function reached(name: keyof typeof ROW_SERVERS, fault?: LinkFault) {
  const server = ROW_SERVERS[name]({
    clock: realClock,
    random: createRandom(1),
    serverNow: Date.now,
    latencyMs: () => 0,
    faultOf: () => fault,
    isCalm: () => true,
  });
  return server.from("ams", Date.now);
}

const SERVERS: readonly (readonly [keyof typeof ROW_SERVERS, Guarantees])[] = [
  ["redis", redis.guarantees],
  ["redis-tcp", redisTcp.guarantees],
  ["redis-wait", redisTcp.guarantees],
  ["d1", d1.guarantees],
  ["postgres", postgres.guarantees],
  ["memcached", memcached.guarantees],
];

describe.each(SERVERS)("the server in memory that stands for %s in the torture", (name, guarantees) => {
  const server = reached(name);
  testRowStore(name, {
    create: () => server,
    createUnreachable: () => reached(name, { kind: "down" }),
    now: Date.now,
    gaps: gapsOf(guarantees),
  });
});
