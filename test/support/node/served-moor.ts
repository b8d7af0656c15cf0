import type { MoorConfig } from "../../../src/config/types.ts";
import { storedRows } from "./authority.ts";
import { freePort } from "./ports.ts";
import { SERVED_CONFIG, startServe } from "./served.ts";
import type { TestKeys } from "./test-keys.ts";
import type { RunningMoor } from "./workerd.ts";

/** The way to the store, and the keys. */
interface ServedMoorOptions {
  readonly keys: TestKeys;
  readonly texts: Readonly<Record<string, string>>;
}

/** Starts `moor serve` in place of the Worker of a deploy, for the tests of conformance that run with both. */
export async function startServedMoor(config: MoorConfig, { keys, texts }: ServedMoorOptions): Promise<RunningMoor> {
  const { trustedProxies = [] } = config;
  const port = await freePort();
  const serve = await startServe({
    config: { ...config, trustedProxies: [...SERVED_CONFIG.trustedProxies, ...trustedProxies] },
    keys,
    variables: texts,
    flags: ["--listen", `127.0.0.1:${port}`, "--host", `127.0.0.1:${port}`, "--host", `localhost:${port}`],
  });
  // A test that asks for a part of Cloudflare's platform does not run with `moor serve`.
  const refuse = async (): Promise<never> => {
    throw new Error("moor serve has no such part");
  };
  return {
    port,
    ports: [port],
    keys,
    logged: serve.lines,
    storedSessions: storedRows,
    alarmsWithin: refuse,
    mostResidentBytes: refuse,
    valueInKv: refuse,
    setKv: refuse,
    expirationInKv: refuse,
    operationsInKv: refuse,
    elapse: refuse,
    ringAlarm: refuse,
    dataPoints: refuse,
    objects: { meet: refuse, calls: refuse, done: refuse },
    runScheduled: refuse,
    deployKeys: refuse,
    deployConfig: refuse,
    crashAndRestart: refuse,
    stop: async () => void (await serve.stop()),
  };
}
