import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { buildPackage } from "../support/node/built-package.ts";

/** How Debian's packages run an example. */
export interface Language {
  readonly name: string;
  /** Debian's packages. */
  readonly packages: string;
  /** Ends with 0 if they are there. */
  readonly probe: readonly string[];
  /** The work before the first start, if there is any. `out` is an empty folder. */
  build?(out: string): Command | Promise<void>;
  run(out: string, port: number): Command;
}

interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The copy of an example in Node is run beside a `node_modules` that has the package. */
async function installExpress(out: string): Promise<void> {
  await buildPackage(join(out, "node_modules"), "express");
  await cp(example("express"), out, { recursive: true });
}

const example = (...parts: string[]) => resolve("examples", ...parts);

export const languages: readonly Language[] = [
  {
    name: "express",
    packages: "express",
    probe: [process.execPath, "-e", 'require("express")'],
    build: installExpress,
    run: (out) => ({ argv: [process.execPath, join(out, "server.cjs")] }),
  },
  {
    name: "php",
    packages: "php-cli",
    probe: ["php", "-v"],
    // The drop-in keeps Moor's keys in the folder for temporary files. Each server of a test has its own.
    run: (out, port) => ({
      argv: ["php", "-d", `sys_temp_dir=${out}`, "-S", `127.0.0.1:${port}`, example("php", "server.php")],
    }),
  },
  {
    name: "python",
    packages: "python3 python3-jwt python3-cryptography",
    probe: ["/usr/bin/python3", "-c", "import jwt, cryptography"],
    run: () => ({ argv: ["/usr/bin/python3", "-B", example("python", "server.py")] }),
  },
  {
    name: "ruby",
    packages: "ruby-sinatra puma",
    probe: ["ruby", "-rsinatra/base", "-rpuma", "-e", "1"],
    run: () => ({ argv: ["ruby", example("ruby", "server.rb")] }),
  },
  {
    name: "go",
    packages: "golang-go",
    probe: ["go", "version"],
    build: (out) => ({
      argv: ["go", "build", "-C", example("go"), "-o", join(out, "server")],
      env: { CGO_ENABLED: "0" },
    }),
    run: (out) => ({ argv: [join(out, "server")] }),
  },
  {
    name: "java",
    packages: "default-jdk-headless",
    probe: ["javac", "-version"],
    build: (out) => ({
      argv: ["javac", "-sourcepath", resolve("sdk/java/core/src/main/java"), "-d", out, example("java", "Server.java")],
    }),
    run: (out) => ({ argv: ["java", "-cp", out, "Server"] }),
  },
];

const exec = promisify(execFile);

/** Whether the packages are there. In CI every package must be there. */
export async function isInstalled({ name, packages, probe }: Language): Promise<boolean> {
  const [command = "", ...args] = probe;
  try {
    await exec(command, args);
    return true;
  } catch (cause) {
    if (process.env.CI) throw new Error(`the example in ${name} needs ${packages}`, { cause });
    console.warn(`the example in ${name} is skipped; it needs ${packages}`);
    return false;
  }
}

/** The command that runs a server of an example, and the function that removes its files. */
export type BuiltExample = Awaited<ReturnType<typeof buildExample>>;

/** Builds an example. */
export async function buildExample(language: Language) {
  const out = await mkdtemp(join(tmpdir(), `moor-${language.name}-`));
  const build = await language.build?.(out);
  if (build) {
    const [command = "", ...args] = build.argv;
    await exec(command, args, { env: { ...process.env, ...build.env } });
  }
  return {
    run: (port: number) => language.run(out, port),
    remove: () => rm(out, { recursive: true, force: true }),
  };
}
