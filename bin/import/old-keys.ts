import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { deriveExpressKey, deriveIronKey, deriveNextAuthKey } from "../../src/old-formats/derive.ts";
import { READERS } from "../../src/old-formats/registry.ts";
import type { ReadFormat } from "../../src/old-formats/settings.ts";
import { describe } from "../../src/settings/mistakes.ts";
import { CommandError } from "../command.ts";
import { readFlags } from "../flags.ts";

/** A secret of the old application. */
interface Given {
  /** The id of its password. Default: the number of the secret. */
  readonly id: string | undefined;
  readonly secret: string;
}

const COOKIES = ["authjs.session-token", "__Secure-authjs.session-token"];

/** The keys of each format from one secret. Only next-auth has several. */
const DERIVED: Readonly<Record<ReadFormat, (secret: string, cookies: readonly string[]) => Promise<string[]>>> = {
  "express-session": async (secret) => [deriveExpressKey(secret)],
  "iron-session": async (secret) => [deriveIronKey(secret)],
  "next-auth": async (secret, cookies) => [
    await deriveNextAuthKey(secret),
    ...(await Promise.all(cookies.map((cookie) => deriveNextAuthKey(secret, cookie)))),
  ],
};

/** The format that a subcommand of `moor import` is for; `undefined`: the argument is a file. */
export function formatOfCommand(argument: string | undefined): ReadFormat | undefined {
  return (Object.keys(READERS) as ReadFormat[]).find((format) => READERS[format].command === argument);
}

/** Derives the keys with which Moor reads sessions of a format, and prints them. No secret of the old application is printed. */
export async function importKeys(format: ReadFormat, args: readonly string[]): Promise<number> {
  const flags = readFlags(args, {
    env: { type: "string", multiple: true },
    cookie: { type: "string", multiple: true },
    json: { type: "boolean" },
  });
  if (flags.cookie && format !== "next-auth")
    throw new CommandError("usage", "--cookie: accepted with next-auth alone; no other key depends on the cookie");
  const { secret: name } = READERS[format];
  const given = flags.env ? flags.env.map(fromEnvironment) : [{ id: undefined, secret: await fromPrompt(name) }];
  const ring = await ringOf(format, given, flags.cookie ?? COOKIES);
  if (flags.json) console.log(JSON.stringify({ [name]: ring }, null, 2));
  else console.log(`${name}=${ring}\n  npx wrangler secret put ${name}`);
  return 0;
}

async function ringOf(format: ReadFormat, given: readonly Given[], cookies: readonly string[]): Promise<string> {
  const keys: string[] = [];
  for (const { id, secret } of given) {
    if (format === "iron-session" && secret.length < 32)
      throw new CommandError("usage", "a password of iron-session has at least 32 characters, and this one has fewer");
    for (const key of await DERIVED[format](secret, cookies)) keys.push(`${id ?? keys.length + 1}:${key}`);
  }
  const ids = keys.map((key) => key.split(":", 1)[0]);
  if (new Set(ids).size < ids.length) throw new CommandError("usage", "--env: an id is given twice");
  return keys.join(",");
}

/** Reads `NAME` or `ID=NAME`, the name of a variable. */
function fromEnvironment(text: string): Given {
  const [, id, name] = /^(?:(\d{1,15})=)?([A-Za-z_]\w*)$/.exec(text) ?? [];
  if (name === undefined) {
    // A secret in place of its name must not be printed.
    throw new CommandError("usage", "--env: accepted: NAME or ID=NAME, the name of a variable that holds the secret");
  }
  const secret = process.env[name];
  if (!secret) throw new CommandError("usage", `--env: found no secret in the variable ${describe(name)}`);
  return { id, secret };
}

/** Asks for a secret at the terminal, which does not show it. */
async function fromPrompt(name: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(`The secret of the old application, from which ${name} is derived: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY === true });
  try {
    for await (const line of lines) if (line !== "") return line;
  } finally {
    lines.close();
    stderr.write("\n");
  }
  throw new CommandError("usage", "no secret is given: type it, or name its variable by --env");
}
