import { createRequire } from "node:module";
import { join } from "node:path";
import type { BuildOptions, BuildResult } from "esbuild";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { CommandError } from "../command.ts";
import { unusedParts } from "../left-out.ts";
import { inPackage } from "../project.ts";

/** A part that only Cloudflare's platform uses. */
const NEVER_USED = ["MOOR_REDIS", "MOOR_TRACES", "MOOR_CONSOLE"];

const IS_INSTALLED = import.meta.filename.endsWith(".js");
/** The module whose `createServed` makes the entrypoints of the Worker. */
export const SERVED_MODULE = inPackage(
  ...(IS_INSTALLED ? ["dist", "src", "serve", "served.js"] : ["src", "serve", "served.ts"]),
);

/** The programs that wrangler brings. */
export interface Programs {
  /** The path of workerd. */
  readonly workerd: string;
  build(options: BuildOptions): Promise<BuildResult>;
  /** Ends the process that builds. Otherwise it lasts as long as this process, with the secrets in its environment. */
  stopBuilding(): Promise<void>;
}

/**
 * Finds workerd and esbuild, which wrangler brings.
 *
 * @throws CommandError of code `missing`.
 */
export async function findPrograms(): Promise<Programs> {
  try {
    const beside = createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"));
    const { build, stop } = beside("esbuild") as Pick<Programs, "build"> & { stop: Programs["stopBuilding"] };
    const { default: workerd } = beside("workerd") as { default: string };
    return { workerd, build, stopBuilding: stop };
  } catch (cause) {
    throw new CommandError("missing", "wrangler is not installed here; run: npm install --save-dev wrangler", {
      cause,
    });
  }
}

/**
 * Builds the Worker that `moor serve` runs, as one module: the configuration, with its `events`, and Moor without the parts that the
 * configuration does not use.
 *
 * @param file the configuration's file, absolute.
 * @param served the module whose `createServed` makes the entrypoints.
 * @throws CommandError of code `config`, with the reasons.
 */
export async function bundleWorker(
  { build, stopBuilding }: Programs,
  file: string,
  config: ResolvedConfig,
  served: string,
): Promise<string> {
  const entry = [
    `import config from ${JSON.stringify(file)};`,
    `import { createServed } from ${JSON.stringify(served)};`,
    "const { site, admin, health, control } = createServed(config);",
    "export { site as default, admin, health, control };",
  ].join("\n");
  const left = new Set([...unusedParts(config), ...NEVER_USED]);
  try {
    const built = await build({
      stdin: { contents: entry, resolveDir: join(file, ".."), loader: "ts" },
      bundle: true,
      write: false,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      mainFields: ["browser", "module", "main"],
      external: ["cloudflare:*", "node:*"],
      define: Object.fromEntries([...left].map((part) => [part, "false"])),
      minify: true,
      logLevel: "silent",
    });
    return built.outputFiles?.[0]?.text ?? "";
  } catch (cause) {
    const { errors = [] } = cause as {
      errors?: readonly { text: string; location?: { file: string; line: number } }[];
    };
    const reasons = errors.map(
      ({ text, location }) => `${location ? `${location.file}:${location.line}: ` : ""}${text}`,
    );
    throw new CommandError("config", `the Worker cannot be built: ${reasons.join("\n") || String(cause)}`, { cause });
  } finally {
    await stopBuilding();
  }
}
