import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { FORMATS } from "../../../bin/import/formats.ts";
import { groupRemarks, type Remark } from "../../../bin/import/remark.ts";
import type { PoolConfig } from "../../../src/config/pool-types.ts";
import { readConfig } from "../../../src/config/read.ts";
import type { RouteConfig } from "../../../src/config/types.ts";
import { formatMistakes } from "../../../src/settings/mistakes.ts";

/** An imported text. Remarks are lines: `12: …`. */
export interface Imported {
  readonly pools: readonly PoolConfig[];
  /** As in `shop.test /api/* -> api`. */
  readonly routes: readonly string[];
  /** The routes with all their settings. */
  readonly fullRoutes: readonly RouteConfig[];
  readonly notes: readonly string[];
  readonly refused: readonly string[];
}

/** Imports a text, and checks that Moor accepts the result. */
export async function imported(
  format: keyof typeof FORMATS,
  text: string,
  options = { oneAddress: false },
): Promise<Imported> {
  const folder = await mkdtemp(join(tmpdir(), "moor-import-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "balancer.conf");
  await writeFile(file, text);
  const { pools, routes, notes, refused } = await FORMATS[format](file, options);
  const read = readConfig({ pools, ...(routes.length > 0 && { routes }) });
  if (read.kind === "invalid" && refused.length === 0) throw new Error(formatMistakes(read.mistakes));
  const lines = (remarks: readonly Remark[]) => groupRemarks(remarks).map(({ line, text }) => `${line}: ${text}`);
  return { pools, routes: routes.map(routeLine), fullRoutes: routes, notes: lines(notes), refused: lines(refused) };
}

function routeLine({ host, path, methods, headers, pool }: RouteConfig): string {
  const wanted = headers?.map(({ name, value }) => (value === undefined ? name : `${name}: ${value}`));
  const to = Array.isArray(pool) ? pool.map(({ id, weight }) => `${id} ${weight}`).join(", ") : pool;
  return [...(methods ?? []), host, path, ...(wanted ?? []), "->", to].filter((part) => part !== undefined).join(" ");
}
