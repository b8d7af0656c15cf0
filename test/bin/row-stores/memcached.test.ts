/** @needs memcached */
/** @quick */
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import type { Wire } from "../../../src/lib/wire.ts";
import { createMemcachedRows } from "../../../src/row-stores/memcached/memcached-rows.ts";
import { memcached } from "../../../src/row-stores/memcached.ts";
import { gapsOf, testRowStore } from "../../row-stores/row-store.suite.ts";
import { createRowsWorld } from "../../rows/rows-world.ts";
import { testAuthority } from "../../store/authority.suite.ts";
import { type RunningMemcached, startMemcached } from "../../support/node/memcached.ts";
import { DEAD_PORT } from "../../support/node/ports.ts";

let server: RunningMemcached;
beforeAll(async () => {
  server = await startMemcached();
});
afterAll(() => server.stop());
afterEach(() => vi.useRealTimers());

/** A socket of Node in place of a Worker's. */
function wireTo(port: number): Wire {
  const socket = connect(port, "127.0.0.1");
  const { readable, writable } = Duplex.toWeb(socket);
  return {
    readable: readable as Wire["readable"],
    writable: writable as Wire["writable"],
    close: () => socket.destroy(),
  };
}

const rowsAt = (port: () => number) =>
  createMemcachedRows({ connect: () => wireTo(port()), deadlineMs: 5_000, clock: () => Date.now() });

testRowStore("memcached", {
  create: () => rowsAt(() => server.port),
  createUnreachable: () => rowsAt(() => DEAD_PORT),
  now: Date.now,
  gaps: gapsOf(memcached.guarantees),
});

testAuthority("an authority on memcached", {
  create: () => createRowsWorld({ through: () => rowsAt(() => server.port) }).authority,
  createUnreachable: () => createRowsWorld({ through: () => rowsAt(() => DEAD_PORT) }).authority,
  setClock: (now) => vi.useFakeTimers({ toFake: ["Date"], now }),
  gaps: [],
});
