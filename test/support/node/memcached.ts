import { startLocalMemcached } from "../../../bin/stores/local-memcached.ts";
import { freePort } from "./ports.ts";

/** A real memcached on loopback. */
export interface RunningMemcached {
  readonly port: number;
  /** Ends it at once, and starts an empty one at the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param flags default: it refuses writes when it is full, instead of evicting. */
export async function startMemcached(flags?: readonly string[]): Promise<RunningMemcached> {
  const options = { port: await freePort(), ...(flags && { flags }) };
  let server = await startLocalMemcached(options);
  return {
    port: options.port,
    async restart() {
      await server.stop();
      server = await startLocalMemcached(options);
    },
    stop: () => server.stop(),
  };
}
