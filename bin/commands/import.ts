import { writeFile } from "node:fs/promises";
import { readConfig } from "../../src/config/read.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { formatMistakes } from "../../src/settings/mistakes.ts";
import { type Command, CommandError } from "../command.ts";
import { readFlags } from "../flags.ts";
import type { Draft } from "../import/draft.ts";
import { FORMATS, formatOf, isFormat } from "../import/formats.ts";
import { formatOfCommand, importKeys } from "../import/old-keys.ts";
import { printConfig } from "../import/print.ts";
import { formatRemark, groupRemarks, ImportSyntaxError } from "../import/remark.ts";

/** `moor import`: turns the configuration of another balancer into a configuration of Moor, and secrets of an old application into keys. */
export const importBalancer: Command = {
  summary: "turns the configuration of nginx, HAProxy or Traefik into a moor.config.ts, and old secrets into keys",
  usage: `moor import FILE [--from FORMAT] [--one-address] [--out FILE] [--json]
moor import express | iron-session [--env [ID=]NAME …] [--json]
moor import next-auth [--env NAME …] [--cookie NAME …] [--json]

Reads the configuration of another balancer, with the files that it includes, and prints a moor.config.ts: its groups of servers as
pools, its rules as routes. Visitors stay on their server where the balancer's hash or cookie can be followed. What cannot be carried
over is told on stderr, with its file and line. What must be changed first is refused, and the exit code is 2; then nothing is
written. docs/reference/import.md lists what becomes of each setting.

  --from FORMAT   nginx, haproxy or traefik (dynamic configuration in YAML); default: what the file looks like
  --one-address   every host name in it stands for one address; nginx's ip_hash and hash need to know
  --out FILE      writes the configuration to a file that does not exist yet, in place of stdout
  --json          prints { "ok": true, "config": …, "notes": […] } or { "ok": false, "refused": […], "notes": […] } on stdout, and
                  nothing on stderr; a remark is { file, line, text }

With express, iron-session or next-auth it derives the keys with which Moor reads living sessions of such an application, and prints
them with the command that sets them. It asks for the application's secret, or reads it from the environment. The secret itself stays
with you, and is not printed. docs/guide/moving-in/without-the-application.md has all steps.

  --env NAME      the variable that holds the secret; repeated: several secrets that may have signed. ID=NAME: the id of a password
                  of iron-session, if the application has several
  --cookie NAME   the session's cookie, on whose name keys of Auth.js (next-auth 5) depend. Default: both usual names
  --json          prints one object of the secret, as "npx wrangler secret bulk" takes it on stdin`,

  async run([file, ...args]) {
    const format = formatOfCommand(file);
    if (format) return importKeys(format, args);
    if (file === undefined || file.startsWith("-"))
      throw new CommandError("usage", "no file is given: moor import FILE");
    const flags = readFlags(args, {
      from: { type: "string" },
      "one-address": { type: "boolean" },
      out: { type: "string" },
      json: { type: "boolean" },
    });
    const { from, json = false, "one-address": oneAddress = false } = flags;
    if (from !== undefined && !isFormat(from)) {
      throw new CommandError(
        "usage",
        `--from: found ${JSON.stringify(from)}, accepted: ${Object.keys(FORMATS).join(", ")}`,
      );
    }
    const draft = await read(file, from, oneAddress);
    const config = configOf(draft);
    const notes = groupRemarks(draft.notes);
    const refused = groupRemarks(draft.refused);
    if (json) {
      const report = refused.length > 0 ? { ok: false, refused, notes } : { ok: true, config, notes };
      console.log(JSON.stringify(report, null, 2));
    } else for (const note of notes) console.error(`moor import: note: ${formatRemark(note)}`);
    if (refused.length > 0) {
      if (json) return 2;
      throw new CommandError("config", refused.map(formatRemark).join("\n"));
    }
    if (config.pools.length === 0) throw new CommandError("config", `${file}: no servers of HTTP in it`);
    const checked = readConfig(config);
    if (checked.kind === "invalid") throw new CommandError("config", formatMistakes(checked.mistakes));
    if (flags.out !== undefined) await write(flags.out, printConfig(config));
    else if (!json) console.log(printConfig(config).trimEnd());
    return 0;
  },
};

function configOf({ pools, routes }: Draft): MoorConfig {
  const [only, ...others] = routes;
  // Without routes, everything goes to the first pool.
  const isDefault =
    only && others.length === 0 && JSON.stringify(only) === JSON.stringify({ path: "/*", pool: pools[0]?.id });
  return { pools: [...pools], ...(routes.length > 0 && !isDefault && { routes: [...routes] }) };
}

async function read(file: string, from: keyof typeof FORMATS | undefined, oneAddress: boolean): Promise<Draft> {
  try {
    return await FORMATS[from ?? (await formatOf(file))](file, { oneAddress });
  } catch (cause) {
    if (cause instanceof ImportSyntaxError) throw new CommandError("config", cause.message, { cause });
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
