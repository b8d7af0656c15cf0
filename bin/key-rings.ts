import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseKeyRing } from "../src/inbound/token/key-ring.ts";
import { CommandError } from "./command.ts";
import { type Keys, newHandoffSecret } from "./keys.ts";

/** The names of the rings for people, and the names of their secrets. */
export const RINGS = { token: "MOOR_TOKEN_KEYS", handoff: "MOOR_HANDOFF_KEYS", store: "MOOR_STORE_KEYS" } as const;
/** The ring that only sessions in cookies need. */
export const CLIENT_RING = { client: "MOOR_CLIENT_KEYS" } as const;
const ALL_RINGS = { ...RINGS, ...CLIENT_RING };
export type RingName = keyof typeof ALL_RINGS;

/** The rings among some secrets. */
export function ringsIn(keys: Keys): { readonly name: RingName; readonly secret: keyof Keys; readonly ring: string }[] {
  return RING_NAMES.flatMap((name) => {
    const secret = secretOf(name);
    const ring = keys[secret];
    return ring === undefined ? [] : [{ name, secret, ring }];
  });
}

/** The secret of a ring. */
export function secretOf(name: RingName): keyof Keys {
  return ALL_RINGS[name];
}

/** The names of all rings. */
export const RING_NAMES = Object.keys(ALL_RINGS) as RingName[];

const MOST_KEYS = 8;

/**
 * Reads rings as `keys new --json` prints them.
 *
 * @throws CommandError of code `keys`, whose message quotes no part of the rings.
 */
function parseKeys(text: string, from: string): Keys {
  const rings = parseObject(text, from);
  const { client } = CLIENT_RING;
  const present = [...Object.values(RINGS), ...(rings[client] === undefined ? [] : [client])];
  for (const name of present) {
    try {
      parseKeyRing(rings[name] as string | undefined, name);
    } catch (cause) {
      throw new CommandError("keys", `${from}: ${(cause as Error).message}`, { cause });
    }
  }
  return Object.fromEntries(present.map((name) => [name, rings[name]])) as unknown as Keys;
}

/**
 * Reads rings from a file; `-` reads from stdin.
 *
 * @throws CommandError of code `keys`.
 */
export async function readKeys(from: string): Promise<Keys> {
  try {
    return parseKeys(from === "-" ? await text(process.stdin) : await readFile(from, "utf8"), from);
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError("keys", `${from}: cannot be read`, { cause });
  }
}

/** The ids of a ring's keys. The key that signs is first. */
export function idsOf(ring: string): number[] {
  return parseKeyRing(ring, "the ring").map(({ id }) => id);
}

/** A ring with a new key after the others. Isolates that know the ring accept the new key before any isolate signs with it. */
export async function withNewKey(name: RingName, ring: string): Promise<{ ring: string; id: number }> {
  const ids = idsOf(ring);
  if (ids.length >= MOST_KEYS)
    throw new CommandError("keys", `${secretOf(name)} has ${ids.length} keys; retire one first`);
  const newest = Math.max(...ids);
  const id = newest < 255 ? newest + 1 : firstFree(ids);
  const secret = name === "handoff" ? await newHandoffSecret() : randomBytes(32);
  return { ring: `${entriesOf(ring).join(",")},${id}:${secret.toString("base64url")}`, id };
}

/** A step in a key's retirement: a key that signs becomes a key that is only accepted, and then it is removed. */
export type Retired = { kind: "accepts" | "removed"; ring: string; signs: number };

/**
 * Retires a key by one step.
 *
 * @throws CommandError of code `keys` if the key is not in the ring, or is the only key.
 */
export function retire(name: RingName, ring: string, id: number): Retired {
  const entries = entriesOf(ring);
  const ids = idsOf(ring);
  const at = ids.indexOf(id);
  if (at < 0) throw new CommandError("keys", `${secretOf(name)} has no key ${id}; it has ${ids.join(", ")}`);
  if (ids.length === 1)
    throw new CommandError("keys", `${secretOf(name)} has no other key than ${id}: moor keys new --from`);
  const own = entries[at] as string;
  const others = entries.filter((_, index) => index !== at);
  const signs = at === 0 ? (ids[1] as number) : (ids[0] as number);
  return at === 0
    ? { kind: "accepts", ring: [...others, own].join(","), signs }
    : { kind: "removed", ring: others.join(","), signs };
}

function entriesOf(ring: string): string[] {
  return ring.split(",").map((entry) => entry.trim());
}

function firstFree(ids: readonly number[]): number {
  return Array.from({ length: 255 }, (_, index) => index + 1).find((id) => !ids.includes(id)) as number;
}

function parseObject(text: string, from: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // The parser's message may quote the keys.
  }
  throw new CommandError("keys", `${from}: not an object of secrets, as "moor keys new --json" prints it`);
}
