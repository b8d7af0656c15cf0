import { access, readFile } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { createJiti } from "jiti";
import { fingerprintOf } from "../src/config/fingerprint.ts";
import { readConfig } from "../src/config/read.ts";
import type { ResolvedConfig } from "../src/config/resolved.ts";
import { type Warning, warningsOf } from "../src/config/warnings.ts";
import { formatMistakes, type Mistake } from "../src/settings/mistakes.ts";
import { adminSecretMistakes } from "./admin-secret.ts";
import { adoptSecretMistakes } from "./adopt-secrets.ts";
import { CommandError } from "./command.ts";
import { leftOutMistakes } from "./left-out.ts";
import { configModule, inProject } from "./project.ts";
import { publicSuffixMistakes } from "./public-suffix.ts";
import { traceWarnings } from "./trace-warnings.ts";

/** A configuration file that has been read. */
export type ConfigFile = {
  file: string;
  /** The paths of the file and of the files that it imports, without packages. */
  files: readonly string[];
} & (
  | {
      kind: "ok";
      config: ResolvedConfig;
      /** Of the configuration as the file exports it. */
      fingerprint: number;
      warnings: readonly Warning[];
    }
  | { kind: "invalid"; mistakes: Mistake[] }
);

/**
 * Loads a configuration file (TypeScript or JavaScript with a default export) and validates it.
 *
 * The file and its relative imports load as wrangler bundles them. They are ES modules, whatever the `type` in the package.json
 * of their folder. The path of an import may leave out the ending. Each call loads the files anew.
 *
 * @param path relative to the working directory. Default: the project's `moor.config.ts`.
 * @param options.deploy whether to check in addition that a deployed Worker can reach the origins and has the settings that it
 * needs. Default `false`.
 * @throws CommandError of code `config` if the file does not exist or cannot be loaded.
 */
export async function readConfigFile(
  path: string | undefined,
  options: { deploy?: boolean } = {},
): Promise<ConfigFile> {
  const absolute = path === undefined ? inProject("moor.config.ts") : resolve(path);
  const file = path ?? relative(process.cwd(), absolute);
  const module = await load(absolute, file);
  if (!("default" in module)) {
    throw new CommandError("config", `${file}: no default export, accepted: export default defineConfig({ … })`);
  }
  const files = loadedFiles();
  const read = readConfig(module.default, options);
  if (read.kind === "invalid") return { file, files, ...read };
  const { config } = read;
  const mistakes = [...publicSuffixMistakes(config), ...(options.deploy ? await settingsMistakes(config) : [])];
  if (mistakes.length > 0) return { file, files, kind: "invalid", mistakes };
  const warnings = [...warningsOf(module.default, config), ...(options.deploy ? await traceWarnings(config) : [])];
  return { file, files, ...read, fingerprint: fingerprintOf(Object(module.default)), warnings };
}

/** Mistakes between the configuration and `wrangler.toml`. */
async function settingsMistakes(config: ResolvedConfig): Promise<Mistake[]> {
  return [
    ...(await adminSecretMistakes(config)),
    ...(await adoptSecretMistakes(config)),
    ...(await leftOutMistakes(config)),
  ];
}

/**
 * The configuration of a file that must be valid. Each of its warnings is a line on stderr.
 *
 * @throws CommandError of code `config`, with a line for each mistake.
 */
export function requireValid(read: ConfigFile): ResolvedConfig {
  if (read.kind === "ok") {
    for (const { path, text } of read.warnings)
      console.error(`moor: ${read.file}: warning: ${path ? `${path}: ` : ""}${text}`);
    return read.config;
  }
  const lines = formatMistakes(read.mistakes).split("\n");
  throw new CommandError("config", lines.map((line) => `${read.file}: ${line}`).join("\n"));
}

/** The cache on disk is off, so that a check leaves no file behind. */
const jiti = createJiti(import.meta.url, { fsCache: false, interopDefault: false });

/** The files of the project among the modules that are loaded. */
function loadedFiles(): string[] {
  return Object.keys(jiti.cache).filter((path) => !path.includes(`${sep}node_modules${sep}`));
}

async function load(absolute: string, file: string): Promise<object> {
  try {
    await access(absolute);
  } catch (cause) {
    throw new CommandError("config", `${file}: there is no such file`, { cause });
  }
  for (const path of loadedFiles()) delete jiti.cache[path];
  try {
    return await jiti.import<object>(absolute);
  } catch (cause) {
    const fault = cause instanceof Error ? cause : new Error(String(cause));
    if (/cloudflare:\w+|'cloudflare:'/.test(fault.message)) {
      const found = await workersModuleIn(absolute);
      const accepted = `import { defineConfig } from ${JSON.stringify(configModule)}, and other modules that Node can load`;
      throw new CommandError("config", `${file}: found ${found}, which only a Worker can load, accepted: ${accepted}`, {
        cause,
      });
    }
    // A syntax error tells its position only in its stack.
    const line = /^\d+/.exec(fault.stack?.split(`${absolute}:`)[1] ?? "");
    const reason = fault.message.replace(/\s+/g, " ");
    throw new CommandError("config", `${file}${line ? `:${line}` : ""}: cannot be loaded: ${reason}`, { cause });
  }
}

/** The import in a configuration file that leads to modules of Workers, in words. */
async function workersModuleIn(file: string): Promise<string> {
  const [, name] = /\bfrom\s*["'](moor|moor\/hono|cloudflare:\w+)["']/.exec(await readFile(file, "utf8")) ?? [];
  return name === undefined ? "an import that leads to a module of Workers" : `an import from ${JSON.stringify(name)}`;
}
