import { createHash, randomUUID } from "node:crypto";
import { globSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Builds are kept here, below a hash of everything that they are made of. */
const CACHE = join("node_modules", ".cache", "moor-workers");
/** A build that nobody has used for this long is deleted. */
const UNUSED_MS = 24 * 60 * 60 * 1000;
/** The sources of every Worker that tests build. */
const SOURCES = [
  "src/**/*",
  "emulation/**/*",
  "demo/edge/**/*",
  "examples/hono/**/*",
  "test/support/**/*",
  "moor.config.ts",
  "wrangler.toml",
  "package-lock.json",
];

/** A build of a Worker. */
export interface Build {
  /** The file that the Worker begins in; default: that of `wrangler.toml`. The folder of the file counts as source too. */
  readonly source?: string;
  /** The flags of wrangler, without folders that differ from run to run. */
  readonly flags: readonly string[];
  /** The folder that takes the build. */
  readonly into: string;
}

/**
 * Copies a build from the cache, or makes it and keeps it there. So a test that is run again starts at once while no source has changed.
 *
 * @param make builds into the folder `into`.
 */
export async function cachedBuild({ source, flags, into }: Build, make: () => Promise<void>): Promise<void> {
  const hash = await hashOf(source, flags);
  const kept = join(CACHE, hash);
  await mkdir(into, { recursive: true });
  if (await stat(kept).catch(() => undefined)) {
    await utimes(kept, new Date(), new Date());
    return cp(kept, into, { recursive: true });
  }
  await make();
  // A source may have changed under way.
  if ((await hashOf(source, flags)) !== hash) return;
  const copy = `${kept}.${randomUUID()}`;
  await cp(into, copy, { recursive: true });
  // Another run may have kept the same build meanwhile.
  await rename(copy, kept).catch(() => rm(copy, { recursive: true, force: true }));
  await deleteUnused();
}

async function hashOf(source: string | undefined, flags: readonly string[]): Promise<string> {
  // A flag may name the file that the Worker begins in.
  const entries = [source ?? "", ...flags].filter((text) => text.endsWith(".ts"));
  const globs = [...SOURCES, ...entries.map((entry) => join(dirname(entry), "**/*.ts"))];
  const files = globSync(globs, { withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = [...new Set(files.map((file) => join(file.parentPath, file.name)))].sort();
  const hash = createHash("sha256").update(JSON.stringify([source, flags, process.version]));
  for (const path of paths) hash.update(`\n${path}\n`).update(await readFile(path));
  return hash.digest("hex").slice(0, 32);
}

async function deleteUnused(): Promise<void> {
  const usedSince = Date.now() - UNUSED_MS;
  for (const name of await readdir(CACHE)) {
    const path = join(CACHE, name);
    const found = await stat(path).catch(() => undefined);
    if (found && found.mtimeMs < usedSince) await rm(path, { recursive: true, force: true });
  }
}
