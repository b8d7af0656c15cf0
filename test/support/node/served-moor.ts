import type { MoorConfig } from "../../../src/config/types.ts";
import { storedRows } from "./authority.ts";
import { freePort } from "./ports.ts";
import { SERVED_CONFIG, startServe } from "./served.ts";
import type { TestKeys } from "./test-keys.ts";
import type { RunningMoor } from "./workerd.ts";

/** The way to the store, the keys, and the token that admins send. */
interface ServedMoorOptions {
  readonly keys: TestKeys;
  readonly texts: Readonly<Record<string, string>>;
  readonly adminToken: string | undefined;
}

/** Starts `moor serve` in place of the Worker of a deploy, for the tests of conformance that run with both. */
export async function startServedMoor(
  config: MoorConfig,
  { keys, texts, adminToken }: ServedMoorOptions,
): Promise<RunningMoor> {
  const { trustedProxies = [], admin } = config;
  const [port, adminPort] = [await freePort(), await freePort()];
  const lines: string[] = [];
  const start = () =>
    startServe({
      config: { ...config, trustedProxies: [...SERVED_CONFIG.trustedProxies, ...trustedProxies] },
      keys,
      variables: { ...texts, ...(adminToken !== undefined && { MOOR_ADMIN_TOKEN: adminToken }) },
      flags: [
        ...["--listen", `127.0.0.1:${port}`, "--host", `127.0.0.1:${port}`, "--host", `localhost:${port}`],
        ...(admin ? ["--admin", `127.0.0.1:${adminPort}`] : []),
      ],
      lines,
    });
  let serve = await start();
  // A test that asks for a part of Cloudflare's platform does not run with `moor serve`.
  const refuse = async (): Promise<never> => {
    throw new Error("moor serve has no such part");
  };
  return {
    port,
    ports: [port],
    adminPort,
    keys,
    logged: lines,
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
    async crashAndRestart(whileDown) {
      await serve.kill();
      await whileDown?.();
      serve = await start();
    },
    stop: async () => void (await serve.stop()),
  };
}
