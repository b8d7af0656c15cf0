import { createBackend, loadNodeRedis, type RedisBehind } from "../../../bin/redis-bridge/backend.ts";
import { type BridgeOptions, type RunningBridge, startBridge } from "../../../bin/redis-bridge/server.ts";
import { REDIS_PASSWORD } from "../../support/node/redis-processes.ts";

/** A bridge of the tests' own, and the token that it takes. */
export interface StartedBridge extends RunningBridge {
  readonly token: string;
  stop(): Promise<unknown>;
}

export const TOKENS = ["first-token-of-the-tests-0123456789", "second-token-of-the-tests-012345678"] as const;

/** The Redis at these ports of loopback. */
export function redisAt(ports: readonly number[], kind: RedisBehind["kind"] = "single", primaryName = ""): RedisBehind {
  const address = { hostname: "127.0.0.1", port: ports[0] ?? 0, tls: false, username: undefined, database: 0 };
  const nodes = ports.map((port) => ({ host: "127.0.0.1", port }));
  return { address: { ...address, password: REDIS_PASSWORD }, kind, nodes, primaryName };
}

/** Starts a bridge before a Redis. */
export async function startTestBridge(
  redis: RedisBehind,
  options: Partial<BridgeOptions> & { readonly deadlineMs?: number } = {},
): Promise<StartedBridge> {
  const { deadlineMs = 10_000, ...given } = options;
  const backend = createBackend(await loadNodeRedis(), redis, deadlineMs);
  const bridge = await startBridge({
    host: "127.0.0.1",
    port: 0,
    tls: undefined,
    tokens: TOKENS,
    metricsToken: undefined,
    maxBodyBytes: 4_194_304,
    maxConcurrent: 256,
    backend,
    ...given,
  });
  return { ...bridge, token: TOKENS[0], stop: () => bridge.drain(0) };
}
