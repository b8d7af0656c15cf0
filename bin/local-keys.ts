import { randomUUID, webcrypto } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { parseKeyRing } from "../src/inbound/key-ring.ts";
import { CommandError } from "./command.ts";
import { type Keys, newKeys } from "./keys.ts";

/**
 * The keys of this machine's local Workers, made at the first call and kept, so that a restart logs nobody out.
 *
 * @param file is readable by its owner alone.
 * @throws CommandError of code `keys` if the file is damaged; it is never replaced.
 */
export async function readLocalKeys(file: string): Promise<Keys> {
  return parse((await textOf(file)) ?? (await create(file)), relative(process.cwd(), file));
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Two commands may start at once: the file appears whole, and the first one's keys stay. */
async function create(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const fresh = `${file}.${randomUUID()}`;
  await writeFile(fresh, `${JSON.stringify(await newKeys(), null, 2)}\n`, { mode: 0o600 });
  try {
    await link(fresh, file);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  } finally {
    await rm(fresh);
  }
  return readFile(file, "utf8");
}

async function parse(text: string, file: string): Promise<Keys> {
  try {
    const { MOOR_TOKEN_KEYS, MOOR_HANDOFF_KEYS } = JSON.parse(text) as Keys;
    parseKeyRing(MOOR_TOKEN_KEYS, "MOOR_TOKEN_KEYS");
    for (const { secret } of parseKeyRing(MOOR_HANDOFF_KEYS, "MOOR_HANDOFF_KEYS")) {
      await webcrypto.subtle.importKey("pkcs8", secret, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    }
    return { MOOR_TOKEN_KEYS, MOOR_HANDOFF_KEYS };
  } catch (cause) {
    // The cause is left out of the message: a parser's may quote the keys.
    throw new CommandError(
      "keys",
      `${file} is damaged; delete it for new keys (every local session then starts anew)`,
      { cause },
    );
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
