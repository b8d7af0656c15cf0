/** @needs redis-server */
/** @quick */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startUpstashBridge, type UpstashBridge } from "../../../bin/local-redis/bridge.ts";
import { createConnections } from "../../../bin/local-redis/connections.ts";
import { endWithThisProcess } from "../../../bin/local-redis/end-with-this-process.ts";
import { createRedisFallback } from "../../../src/store/redis/fallback.ts";
import { backupKey, journalKey, pendingSetOf } from "../../../src/store/redis/limits.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { entryOf, newId, recordOf, STORE_RING, tombstone } from "../../store/redis/records.ts";
import { freePort } from "../../support/node/ports.ts";
import { post } from "../local-redis/rest.ts";

const token = "t";
let folder: string;
let cluster: ChildProcess;
let bridge: UpstashBridge;

/** A single server as a Redis Cluster. It serves every slot, and refuses a script whose keys lie in several slots. */
beforeAll(async () => {
  const port = await freePort();
  folder = await mkdtemp(join(tmpdir(), "moor-redis-cluster-"));
  const options = { port, "cluster-port": await freePort(), "cluster-enabled": "yes", bind: "127.0.0.1", dir: folder };
  const flags = Object.entries({ ...options, save: "" }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  cluster = spawn("redis-server", flags, { stdio: "ignore", detached: true });
  endWithThisProcess(cluster);
  const redis = createConnections({ port });
  const slots = ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"];
  const isUp = ["CLUSTER", "INFO"];
  await vi.waitFor(() => redis.exchange([slots]), { timeout: 30_000, interval: 20 });
  await vi.waitFor(async () => expect(String(await redis.exchange([isUp]))).toContain("cluster_state:ok"), {
    timeout: 30_000,
    interval: 20,
  });
  redis.close();
  bridge = await startUpstashBridge({ redis: { port }, token });
});
afterAll(async () => {
  await bridge.stop();
  cluster.kill("SIGKILL");
  await once(cluster, "exit");
  await rm(folder, { recursive: true, force: true });
});

describe("on a Redis Cluster", () => {
  it("a script with keys of several slots is refused", async () => {
    const keys = [backupKey(newId()), journalKey(newId())];
    const answer = await post({ url: bridge.url, token }, "/", ["EVAL", "return 1", 2, ...keys]);
    expect(answer.body).toMatchObject({ error: expect.stringMatching(/^CROSSSLOT/) });
  });

  it("every command of the fallback works, for sessions of many slots", async () => {
    for (let i = 0; i < 20; i++) {
      const fallback = createRedisFallback({ url: bridge.url, token, seal: createSeal(STORE_RING) });
      const id = newId();
      const entry = entryOf(id, { patches: [{ i }] });
      expect(await fallback.keep(recordOf(id))).toEqual({ kind: "kept", journalLength: 0 });
      expect(await fallback.append(entry)).toEqual({ kind: "appended" });
      expect(await fallback.read(id)).toMatchObject({ kind: "found", record: { version: 1 }, entries: [entry] });
      const set = pendingSetOf(id);
      expect(await fallback.pendingSets()).toEqual({ kind: "sets", sets: [set] });
      expect(await fallback.pending(set, 0, 100)).toEqual({ kind: "ids", ids: [id] });
      const takenOver = await fallback.takeOver(id, [entry.change.id], tombstone(id, 2));
      expect(takenOver).toEqual({ kind: "kept", journalLength: 0 });
      expect(await fallback.read(id)).toMatchObject({ record: { version: 2, ended: {} }, entries: [] });
      expect(await fallback.settled(id, entry.change.expiresAt + 60_000)).toEqual({ kind: "forgotten" });
      expect(await fallback.pending(set, 0, 100)).toEqual({ kind: "ids", ids: [] });
      expect(await fallback.settledSet(set, entry.change.expiresAt + 60_000)).toEqual({ kind: "forgotten" });
      expect(await fallback.pendingSets()).toEqual({ kind: "sets", sets: [] });
    }
  });
});
