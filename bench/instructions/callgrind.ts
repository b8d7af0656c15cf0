import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { pathOf } from "../../test/support/node/packages.ts";

/** How long valgrind may take to obey: it finishes its block of code first, and translates all code anew when it is switched on. */
const OBEY_MS = 60_000;

/** Why nothing can be counted on this machine; undefined: it can. */
export function missingValgrind(): string | undefined {
  const isMissing = pathOf("valgrind") === undefined;
  return isMissing ? "valgrind is not on the PATH: apt-get install valgrind" : undefined;
}

/** Counts the instructions of a process that was started under {@link Counter.command}. */
export class Counter {
  /** The command line that the process runs under. Nothing is counted until {@link start}; the process runs ten times slower. */
  readonly command: readonly string[];
  readonly #file: string;
  #dumps = 0;

  /** @param file where the counts are written, a number behind its name. The files are gone when they have been read. */
  constructor(file: string) {
    this.#file = file;
    // V8 writes code while it runs, so valgrind must look whether a block has changed.
    const flags = ["--smc-check=all-non-file", "--instr-atstart=no", `--callgrind-out-file=${file}`];
    this.command = ["valgrind", "--tool=callgrind", ...flags];
  }

  /** Switches counting on, from zero. The process runs fifty times slower from now on. */
  async start(pid: number): Promise<void> {
    await obey(pid, "--instr=on");
  }

  /** Forgets the counts since the start or the last call of {@link take}. */
  async forget(pid: number): Promise<void> {
    await obey(pid, "--zero");
  }

  /** The counts since the start or the last call of {@link forget} or of this function, as callgrind writes them. */
  async take(pid: number): Promise<string> {
    await obey(pid, "--dump");
    this.#dumps++;
    const file = `${this.#file}.${this.#dumps}`;
    const text = await readFile(file, "utf8");
    await rm(file);
    return text;
  }
}

async function obey(pid: number, order: string): Promise<void> {
  await promisify(execFile)("callgrind_control", [order, String(pid)], { timeout: OBEY_MS });
}
