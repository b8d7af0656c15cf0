import { randomUUID, webcrypto } from "node:crypto";
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { parseKeyRing } from "../src/inbound/token/key-ring.ts";
import { CommandError } from "./command.ts";
import { type Keys, newKeys, storeKeysFor } from "./keys.ts";

/** The content of a key file. A file made before store keys existed lacks them. */
type StoredKeys = Omit<Keys, "MOOR_STORE_KEYS"> & Partial<Keys>;

/**
 * The keys of this machine's local Workers. They are made at the first call and kept, so that a restart logs no visitor out. A
 * file that lacks store keys is completed.
 *
 * @param file path of the file, which only its owner may read.
 * @throws CommandError of code `keys` if the file is damaged; it is never replaced.
 */
export async function readLocalKeys(file: string): Promise<Keys> {
  const stored = await parse((await textOf(file)) ?? (await create(file)), relative(process.cwd(), file));
  const { MOOR_TOKEN_KEYS, MOOR_HANDOFF_KEYS } = stored;
  const MOOR_STORE_KEYS = stored.MOOR_STORE_KEYS ?? (await complete(file, stored));
  return { MOOR_TOKEN_KEYS, MOOR_HANDOFF_KEYS, MOOR_STORE_KEYS };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Two commands may start at the same time. The file appears whole, and the keys of the first command stay. */
async function create(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const fresh = await writeBeside(file, await newKeys());
  try {
    await link(fresh, file);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  } finally {
    await rm(fresh);
  }
  return readFile(file, "utf8");
}

/** Two commands may complete the file at the same time. The keys that they add are derived, so both add the same keys. */
async function complete(file: string, stored: StoredKeys): Promise<string> {
  const MOOR_STORE_KEYS = storeKeysFor(stored.MOOR_TOKEN_KEYS);
  await rename(await writeBeside(file, { ...stored, MOOR_STORE_KEYS }), file);
  return MOOR_STORE_KEYS;
}

/** Writes a whole file, readable by its owner only, that is then moved to the place of the key file. */
async function writeBeside(file: string, keys: Keys): Promise<string> {
  const fresh = `${file}.${randomUUID()}`;
  await writeFile(fresh, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
  return fresh;
}

async function parse(text: string, file: string): Promise<StoredKeys> {
  try {
    const stored = JSON.parse(text) as StoredKeys;
    parseKeyRing(stored.MOOR_TOKEN_KEYS, "MOOR_TOKEN_KEYS");
    for (const { secret } of parseKeyRing(stored.MOOR_HANDOFF_KEYS, "MOOR_HANDOFF_KEYS")) {
      await webcrypto.subtle.importKey("pkcs8", secret, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    }
    if (stored.MOOR_STORE_KEYS !== undefined) parseKeyRing(stored.MOOR_STORE_KEYS, "MOOR_STORE_KEYS");
    return stored;
  } catch (cause) {
    // The message does not include the cause, because a parser's message may quote the keys.
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
