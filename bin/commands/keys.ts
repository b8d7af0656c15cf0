import { describe } from "../../src/settings/mistakes.ts";
import { ADOPT_SECRETS, newAdoptSecrets } from "../adopt-secrets.ts";
import { type Command, CommandError } from "../command.ts";
import { readFlags } from "../flags.ts";
import { CLIENT_RING, idsOf, RINGS, type RingName, readKeys, retire, ringsIn, withNewKey } from "../key-rings.ts";
import { type Keys, newKeys, newRing } from "../keys.ts";

/** `moor keys`: makes the Worker's secrets, and rotates the keys in them. */
export const keys: Command = {
  summary: "makes the Worker's secrets, and rotates their keys",
  usage: `moor keys new [--json]
moor keys new --from FILE [--ring RING] [--json]
moor keys adopt [--json]
moor keys client [--json]
moor keys list --from FILE [--json]
moor keys retire ID --ring RING --from FILE [--json]

A secret is a key ring: ID:KEY, several separated by commas, ids from 1 to 255. The first signs, all are accepted. The
secrets of a Worker cannot be read back: keep what is printed where you keep secrets. Nothing is stored here.

  new              prints a new value for each secret, and the command that sets it
  new --from       adds a key to each ring, or to one: it is accepted, and does not sign yet
  adopt            prints the secrets that "adopt" in the configuration needs. MOOR_ADOPT_KEY is not a ring, and stays the
                   same until adoptions end; MOOR_CONFIRM_KEYS is a ring, and the old application has the same
  client           prints a new value for MOOR_CLIENT_KEYS, which sessions in cookies need. The other actions take this ring
                   along if FILE has it
  list --from      prints the ids of each ring, and what each does; never a key
  retire --from    takes a key a step back: the one that signs is accepted from then on, and the next one signs; one that is
                   only accepted is taken out

  --from FILE      the secrets as --json prints them; - reads them from stdin
  --ring RING      token, handoff, store or client
  --json           prints one object of all secrets, as "npx wrangler secret bulk" takes it on stdin

To change keys without logging anybody out: new --from, set, and wait until no isolate is older (minutes); retire the old key,
set, and wait until nothing it has signed is alive: for token, store and client the longest absolute timeout (session.absoluteSeconds,
session.remember.absoluteSeconds), for handoff the 5 minutes for which origins keep the key set; retire it again, set.

A key that has leaked takes the same steps without the waits. Origins refuse a handoff key 5 minutes after it was taken out;
one that cannot read the key set refuses it an hour after it last could.`,

  async run([action, ...args]) {
    switch (action) {
      case "new":
        return make(args);
      case "adopt":
        return makeForAdoption(args);
      case "client":
        return makeForCookies(args);
      case "list":
        return list(args);
      case "retire":
        return takeBack(args);
      default: {
        const found = action === undefined ? "no action is given" : `unknown action ${describe(action)}`;
        throw new CommandError("usage", `${found}, accepted: new, adopt, client, list, retire`);
      }
    }
  },
};

const FROM = { from: { type: "string" }, json: { type: "boolean" } } as const;
const RING = { ring: { type: "string" } } as const;

async function make(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, { ...FROM, ...RING });
  if (flags.from === undefined) {
    if (flags.ring !== undefined) throw new CommandError("usage", "--ring needs --from: the ring that gets a key");
    return print(await newKeys(), Object.values(RINGS), flags.json);
  }
  const rings = await readKeys(flags.from);
  const present = ringsIn(rings);
  const chosen = flags.ring === undefined ? present : [ringNamed(flags.ring, rings)];
  const told: string[] = [];
  for (const { name, secret, ring: before } of chosen) {
    const { ring, id } = await withNewKey(name, before);
    rings[secret] = ring;
    told.push(`${name}: key ${id} is new and accepted; ${idsOf(ring)[0]} signs`);
  }
  return print(
    rings,
    chosen.map(({ secret }) => secret),
    flags.json,
    [
      ...told,
      "When this has been set and no isolate is older, retire the old key: it is accepted then, and the new one signs.",
    ],
  );
}

function makeForAdoption(args: readonly string[]): number {
  const { json } = readFlags(args, { json: { type: "boolean" } });
  const secrets = newAdoptSecrets();
  if (json) console.log(JSON.stringify(secrets, null, 2));
  else for (const name of ADOPT_SECRETS) console.log(`${name}=${secrets[name]}\n  npx wrangler secret put ${name}\n`);
  return 0;
}

function makeForCookies(args: readonly string[]): number {
  const { json } = readFlags(args, { json: { type: "boolean" } });
  const { client: name } = CLIENT_RING;
  const secrets = { [name]: newRing() };
  if (json) console.log(JSON.stringify(secrets, null, 2));
  else console.log(`${name}=${secrets[name]}\n  npx wrangler secret put ${name}\n`);
  return 0;
}

async function list(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, FROM);
  const rings = await readKeys(required(flags.from, "--from FILE"));
  const found = ringsIn(rings).map(({ name, secret, ring }) => {
    const [signs, ...accepts] = idsOf(ring);
    return { ring: name, secret, signs, accepts };
  });
  if (flags.json) console.log(JSON.stringify(found, null, 2));
  else
    for (const { ring, secret, signs, accepts } of found) {
      console.log(`${ring} (${secret}): ${signs} signs${accepts.length > 0 ? `, ${accepts.join(", ")} accepted` : ""}`);
    }
  return 0;
}

async function takeBack([id, ...args]: readonly string[]): Promise<number> {
  const wanted = id !== undefined && /^[1-9][0-9]{0,2}$/.test(id) ? Number(id) : undefined;
  if (wanted === undefined) throw new CommandError("usage", `found ${describe(id)}, accepted: the id of a key`);
  const flags = readFlags(args, { ...FROM, ...RING });
  const asked = required(flags.ring, "--ring RING");
  const rings = await readKeys(required(flags.from, "--from FILE"));
  const { name, secret, ring } = ringNamed(asked, rings);
  const retired = retire(name, ring, wanted);
  rings[secret] = retired.ring;
  const told =
    retired.kind === "accepts"
      ? [`${name}: ${retired.signs} signs; key ${wanted} is still accepted.`, waitFor(name, wanted)]
      : [`${name}: key ${wanted} is out. What only it has signed is not accepted any more.`];
  return print(rings, [secret], flags.json, told);
}

function waitFor(name: RingName, id: number): string {
  const until =
    name === "handoff"
      ? "origins have read the key set again (5 minutes)"
      : "the longest absolute timeout of a session has passed";
  return `Retire ${id} again, which takes it out, when this has been set and ${until}.`;
}

/** Prints secrets to set on stdout, and explanations on stderr, so that `--json` can be piped to wrangler. */
function print(rings: Keys, names: readonly (keyof Keys)[], json = false, told: readonly string[] = []): number {
  if (json) console.log(JSON.stringify(rings, null, 2));
  else for (const name of names) console.log(`${name}=${rings[name]}\n  npx wrangler secret put ${name}\n`);
  for (const line of told) console.error(line);
  return 0;
}

function ringNamed(name: string, rings: Keys): ReturnType<typeof ringsIn>[number] {
  const present = ringsIn(rings);
  const found = present.find((ring) => ring.name === name);
  if (found) return found;
  const accepted = present.map((ring) => ring.name).join(", ");
  throw new CommandError("usage", `--ring: found ${describe(name)}, accepted: ${accepted}`);
}

function required(value: string | undefined, flag: string): string {
  if (value === undefined) throw new CommandError("usage", `${flag} is missing`);
  return value;
}
