import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildMoor, buildScript, PLATFORM } from "../../test/support/node/build-worker.ts";
import { forgeToken } from "../../test/support/node/forge.ts";
import { makeRoom } from "./cpus.ts";
import type { Order, Seen } from "./load.ts";
import { messageOf, startScript } from "./script.ts";
import { requestText, returningVisitors } from "./visitors.ts";
import { startMoor } from "./workerd.ts";

/** The memory that the process held after each number of requests, in all. */
export interface MemoryResults {
  /** Clean reads of 100 sessions. */
  readonly steps: readonly { readonly requests: number; readonly residentBytes: number }[];
  /** Then requests that each bring another genuine token, of a session that exists nowhere. */
  readonly distinctTokens: readonly { readonly requests: number; readonly residentBytes: number }[];
}

const REQUESTS = 1_000_000;
const STEPS = 10;
const TOKENS_AT_ONCE = 20_000;

/** Sends a million clean reads, then a million distinct tokens, and looks at the memory of the process on the way. */
export async function measureMemory(say: (line: string) => void): Promise<MemoryResults> {
  makeRoom();
  const folder = await mkdtemp(join(tmpdir(), "moor-bench-"));
  const [worker, platform] = await Promise.all([buildMoor(folder), buildScript(PLATFORM, folder)]);
  const origin = startScript("origin.ts");
  const load = startScript("load.ts");
  const { port } = await messageOf<{ port: number }>(origin);
  const url = `http://127.0.0.1:${port}`;
  const moor = await startMoor(
    { worker, platform },
    { pools: [{ id: "shop", origins: [{ id: "a", url }] }], stores: { replicate: "off", backup: "off" } },
  );
  const send = async (requests: readonly string[], count: number) => {
    const { port, pid } = moor;
    load.send({ port, pid, requests, connections: 16, warmMs: 0, measureMs: 0, count } satisfies Order);
    await messageOf<Seen>(load);
  };
  try {
    const cookies = await returningVisitors(moor.port, 100, 512);
    const requests = cookies.map((cookie) => requestText("/catalog/shoes?page=2", { cookie }));
    const steps: MemoryResults["steps"][number][] = [];
    for (let step = 1; step <= STEPS; step++) {
      await send(requests, REQUESTS / STEPS);
      steps.push({ requests: (step * REQUESTS) / STEPS, residentBytes: await moor.residentBytes() });
      say(`memory, ${step} of ${STEPS}`);
    }
    const distinctTokens: MemoryResults["steps"][number][] = [];
    for (let sent = 0; sent < REQUESTS; ) {
      const tokens = Array.from({ length: TOKENS_AT_ONCE }, () => `__Host-moor=${forgeToken(moor.keys)}`);
      await send(
        tokens.map((cookie) => requestText("/catalog/shoes?page=2", { cookie })),
        TOKENS_AT_ONCE,
      );
      sent += TOKENS_AT_ONCE;
      if (sent % (REQUESTS / STEPS) !== 0) continue;
      distinctTokens.push({ requests: sent, residentBytes: await moor.residentBytes() });
      say(`memory, distinct tokens, ${sent / (REQUESTS / STEPS)} of ${STEPS}`);
    }
    return { steps, distinctTokens };
  } finally {
    load.kill();
    origin.kill();
    await moor.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
