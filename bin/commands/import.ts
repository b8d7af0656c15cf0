import { writeFile } from "node:fs/promises";
import { formatMistakes } from "../../src/config/mistakes.ts";
import { readConfig } from "../../src/config/read.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { type Command, CommandError } from "../command.ts";
import { readFlags } from "../flags.ts";
import { type NginxConfig, readNginxConfig } from "../nginx/directives.ts";
import { formatRemark, NginxSyntaxError } from "../nginx/place.ts";
import { printConfig } from "../nginx/print.ts";
import { importUpstreams } from "../nginx/upstreams.ts";

/** `moor import`: turns the upstreams of a configuration of nginx into a configuration of Moor. */
export const importNginx: Command = {
  summary: "turns the upstreams of an nginx.conf into a moor.config.ts",
  usage: `moor import FILE [--one-address] [--out FILE]

Reads the upstream blocks of a configuration of nginx, with what it includes, and prints a moor.config.ts in which each of them is a
pool: ip_hash, hash and hash … consistent keep every visitor on the server that nginx gave him; sticky learn, sticky route and
sticky cookie follow the same cookie. What is left out is told on stderr, a line each. What cannot be kept exactly is refused with its
line, and the exit code is 2.

  --one-address   every host name in it stands for one address; ip_hash and hash need to know
  --out FILE      writes the configuration to a file that does not exist yet, in place of stdout`,

  async run([file, ...args]) {
    if (file === undefined || file.startsWith("-"))
      throw new CommandError("usage", "no file is given: moor import FILE");
    const flags = readFlags(args, { "one-address": { type: "boolean" }, out: { type: "string" } });
    const { pools, refused, notes } = importUpstreams(await read(file), { oneAddress: flags["one-address"] ?? false });
    for (const note of notes) console.error(`moor import: note: ${formatRemark(note)}`);
    if (refused.length > 0) throw new CommandError("config", refused.map(formatRemark).join("\n"));
    if (pools.length === 0) throw new CommandError("config", `${file}: no upstream of http in it`);
    const config: MoorConfig = { pools: [...pools] };
    const checked = readConfig(config);
    if (checked.kind === "invalid") throw new CommandError("config", formatMistakes(checked.mistakes));
    if (flags.out === undefined) console.log(printConfig(config).trimEnd());
    else await write(flags.out, printConfig(config));
    return 0;
  },
};

async function read(file: string): Promise<NginxConfig> {
  try {
    return await readNginxConfig(file);
  } catch (cause) {
    if (cause instanceof NginxSyntaxError) throw new CommandError("config", cause.message, { cause });
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    throw new CommandError("config", `${file}: cannot be read (${cause.code})`, { cause });
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : cause;
    throw new CommandError("usage", `--out: ${file} cannot be written (${code})`, { cause });
  }
}
