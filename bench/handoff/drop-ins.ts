import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { FakeMoor } from "../../test/sdk/conformance/fake-moor.ts";
import { PYTHON } from "../../test/sdk/python-tools.ts";
import { table } from "../table.ts";

/** What a drop-in of another language spends on a handoff: microseconds of CPU, or why that is not measured here. */
export type DropInCost = { readonly name: string } & (
  | { readonly fresh: number; readonly known: number; readonly signature: number }
  | { readonly missing: string }
);

interface Loop {
  readonly name: string;
  /** A command that fails where the language is missing, and what to install then. */
  readonly probe: readonly [string, ...string[]];
  readonly install: string;
  /** Builds into an empty folder, if the language needs that. Resolves to the command of the loop, without its arguments. */
  command(out: string): Promise<readonly [string, ...string[]]> | readonly [string, ...string[]];
}

const LOOPS = resolve("bench/handoff/loops");
const run = promisify(execFile);

const DROP_INS: readonly Loop[] = [
  {
    name: "PHP",
    probe: ["php", "-r", "exit(extension_loaded('openssl') ? 0 : 1);"],
    install: "php-cli",
    command: () => ["php", join(LOOPS, "loop.php")],
  },
  {
    name: "Ruby",
    probe: ["ruby", "-e", "require 'openssl'"],
    install: "ruby",
    command: () => ["ruby", join(LOOPS, "loop.rb")],
  },
  {
    name: "Python",
    probe: [PYTHON, "-c", "import jwt, cryptography"],
    install: "the packages of sdk/python/install-tests.sh",
    command: () => ["env", `PYTHONPATH=${resolve("sdk/python")}`, PYTHON, "-B", join(LOOPS, "loop.py")],
  },
  {
    name: "Go",
    probe: ["go", "version"],
    install: "golang-go",
    async command(out) {
      await run("go", ["build", "-o", join(out, "loop"), "."], { cwd: join(LOOPS, "go") });
      return [join(out, "loop")];
    },
  },
  {
    name: "Java",
    probe: ["javac", "-version"],
    install: "a JDK of version 17",
    async command(out) {
      const sources = ["--source-path", resolve("sdk/java/core/src/main/java"), join(LOOPS, "java/Loop.java")];
      await run("javac", ["-d", join(out, "java"), ...sources]);
      return ["java", "-cp", join(out, "java"), "Loop"];
    },
  },
];

/** The compiler of a virtual machine must have done its work. */
const WARM = 10_000;
const COUNTED = 2_000;

/** Measures the drop-ins whose language is on this machine, each in a process of its own. */
export async function measureDropInHandoffs(
  { issuer, audience, url }: Pick<FakeMoor, "issuer" | "audience" | "url">,
  handoff: () => string,
  say: (line: string) => void,
): Promise<readonly DropInCost[]> {
  const folder = await mkdtemp(join(tmpdir(), "moor-bench-handoffs-"));
  const file = join(folder, "handoffs");
  const env = { ...process.env, MOOR_ISSUER: issuer, MOOR_AUDIENCE: audience, MOOR_URL: url };
  const costs: DropInCost[] = [];
  try {
    await writeFile(file, Array.from({ length: WARM + COUNTED }, handoff).join("\n"));
    for (const { name, probe, install, command } of DROP_INS) {
      const [program, ...probing] = probe;
      if (spawnSync(program, probing, { stdio: "ignore" }).status !== 0) {
        costs.push({ name, missing: `not measured: ${install} is missing here` });
        continue;
      }
      say(`handoffs in ${name}`);
      const out = join(folder, name);
      await mkdir(out);
      const [loop, ...args] = await command(out);
      const { stdout } = await run(loop, [...args, file, String(COUNTED)], { env });
      costs.push({ name, ...(JSON.parse(stdout) as { fresh: number; known: number; signature: number }) });
    }
    return costs;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The table of docs/explanation/performance.md. */
export function dropInHandoffTable(costs: readonly DropInCost[]): string {
  const rows = costs.map((cost) =>
    "missing" in cost
      ? [cost.name, cost.missing, "", ""]
      : [cost.name, ...[cost.fresh, cost.known, cost.signature].map((micros) => micros.toFixed(1))],
  );
  return table(["drop-in; CPU, µs", "a new handoff", "the same again", "a signature alone"], rows);
}
