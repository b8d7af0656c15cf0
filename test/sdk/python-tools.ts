import { resolve } from "node:path";
import { describeWithInstalled } from "../support/node/installed.ts";
import type { Command } from "./conformance/drop-in.ts";

/** The environment that `sdk/python/install-tests.sh` makes. */
const TOOLS = resolve("node_modules/.cache/moor-python");

/** The program of that environment. */
export const PYTHON = `${TOOLS}/bin/python`;

/** The source of a package, with the tests and the examples that only the source has. */
export const sourceOf = (name: string, version: string) => `${TOOLS}/sources/${name}-${version}`;

/** The arguments and the environment of Python, with the drop-in of this repository. */
export function python(...args: string[]): Command {
  return { argv: [PYTHON, "-B", ...args], env: { PYTHONPATH: resolve("sdk/python"), PYTHONUNBUFFERED: "1" } };
}

/** Defines tests that need Python's packages. */
export const describeWithPython = (define: () => void): void =>
  describeWithInstalled(PYTHON, "sdk/python/install-tests.sh", define);
