import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unusedParts, usedParts } from "../../bin/left-out.ts";
import type { AuthorityConfig } from "../../src/config/types.ts";
import { buildMoor } from "../../test/support/node/build-worker.ts";
import { CONFIG, checkedFor, gzippedBytes, having, resolved, without } from "../size/size.ts";
import { table } from "../table.ts";

type StoreType = AuthorityConfig["type"];

/** A build of Moor for one store of sessions. */
interface StoreBuild {
  readonly label: string;
  /** The most that it may be gzipped, in KiB. */
  readonly budgetKib: number;
}

/** The builds by the `type` of `stores.authority`, as `moor deploy` makes them of a configuration of pools. */
export const STORE_BUILDS: Readonly<Record<StoreType, StoreBuild>> = {
  object: { label: "Durable Objects, with Redis as the fallback", budgetKib: 67.9 },
  redis: { label: "Redis", budgetKib: 76 },
  "redis-tcp": { label: "Redis by a socket", budgetKib: 77.7 },
  memcached: { label: "memcached", budgetKib: 75.2 },
  d1: { label: "D1", budgetKib: 76.2 },
  cookie: { label: "cookies of browsers", budgetKib: 68.9 },
  postgres: { label: "Postgres, with the library `postgres`", budgetKib: 92 },
};

/** The size of the build for a store, gzipped, in KiB. Only Durable Objects have a fallback, so the other builds are without it. */
export async function storeKib(type: StoreType, folder: string): Promise<number> {
  const stores = { authority: { type, ...(type === "cookie" && { revocation: "kv" }) } };
  const config = { ...CONFIG, stores };
  const parts = [...unusedParts(resolved(config)), ...(type === "object" ? [] : ["MOOR_REDIS"])];
  const flags = [...without(parts), ...having(usedParts(resolved(config))), ...checkedFor(config)];
  return (await gzippedBytes(await buildMoor(join(folder, type), flags))) / 1024;
}

/** The sizes as Markdown, by the sizes of the builds in KiB. */
export function sizesTable(kib: Readonly<Record<StoreType, number>>): string {
  const rows = Object.entries(STORE_BUILDS).map(([type, { label, budgetKib }]) => [
    label,
    kib[type as StoreType].toFixed(1),
    budgetKib.toFixed(1),
  ]);
  return table(["sessions in", "gzipped, KiB", "budget, KiB"], rows);
}

/** Builds a Worker for each store. */
export async function measureSizes(): Promise<Record<StoreType, number>> {
  const folder = await mkdtemp(join(tmpdir(), "moor-store-sizes-"));
  try {
    const sizes: [string, number][] = [];
    for (const type of Object.keys(STORE_BUILDS)) sizes.push([type, await storeKib(type as StoreType, folder)]);
    return Object.fromEntries(sizes) as Record<StoreType, number>;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
