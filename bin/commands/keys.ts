import { describe } from "../../src/settings/mistakes.ts";
import { ADOPT_SECRETS, newAdoptSecrets } from "../adopt-secrets.ts";
import { type Command, CommandError } from "../command.ts";
import { readFlags } from "../flags.ts";
import { idsOf, RINGS, type RingName, readKeys, retire, withNewKey } from "../key-rings.ts";
import { type Keys, newKeys } from "../keys.ts";

/** `moor keys`: makes the Worker's secrets, and rotates the keys in them. */
export const keys: Command = {
  summary: "makes the Worker's secrets, and rotates their keys",
  usage: `moor keys new [--json]
moor keys new --from FILE [--ring RING] [--json]
moor keys adopt [--json]
moor keys list --from FILE [--json]
moor keys retire ID --ring RING --from FILE [--json]

A secret is a key ring: ID:KEY, several separated by commas, ids from 1 to 255. The first signs, all are accepted. The
secrets of a Worker cannot be read back: keep what is printed where you keep secrets. Nothing is stored here.

  new              prints a new value for each secret, and the command that sets it
  new --from       adds a key to each ring, or to one: it is accepted, and does not sign yet
  adopt            prints the secrets that "adopt" in the configuration needs. MOOR_ADOPT_KEY is not a ring, and stays the
                   same until adoptions end; MOOR_CONFIRM_KEYS is a ring, and the old application has the same
  list --from      prints the ids of each ring, and what each does; never a key
  retire --from    takes a key a step back: the one that signs is accepted from then on, and the next one signs; one that is
                   only accepted is taken out

  --from FILE      the secrets as --json prints them; - reads them from stdin
  --ring RING      token, handoff or store
  --json           prints one object of all secrets, as "npx wrangler secret bulk" takes it on stdin

To change keys without logging anybody out: new --from, set, and wait until no isolate is older (minutes); retire the old key,
set, and wait until nothing it has signed is alive: for token and store the longest absolute timeout (session.absoluteSeconds,
session.remember.absoluteSeconds), for handoff the 5 minutes for which origins keep the key set; retire it again, set.

A key that has leaked takes the same steps without the waits. Origins refuse a handoff key 5 minutes after it was taken out;
one that cannot read the key set refuses it an hour after it last could.`,

  async run([action, ...args]) {
    switch (action) {
      case "new":
        return make(args);
      case "adopt":
        return makeForAdoption(args);
      case "list":
        return list(args);
      case "retire":
        return takeBack(args);
      default: {
        const found = action === undefined ? "no action is given" : `unknown action ${describe(action)}`;
        throw new CommandError("usage", `${found}, accepted: new, adopt, list, retire`);
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
  const names = flags.ring === undefined ? (Object.keys(RINGS) as RingName[]) : [ringNamed(flags.ring)];
  const told: string[] = [];
  for (const name of names) {
    const { ring, id } = await withNewKey(name, rings[RINGS[name]]);
    rings[RINGS[name]] = ring;
    told.push(`${name}: key ${id} is new and accepted; ${idsOf(ring)[0]} signs`);
  }
  return print(rings, namesOf(names), flags.json, [
    ...told,
    "When this has been set and no isolate is older, retire the old key: it is accepted then, and the new one signs.",
  ]);
}

function makeForAdoption(args: readonly string[]): number {
  const { json } = readFlags(args, { json: { type: "boolean" } });
  const secrets = newAdoptSecrets();
  if (json) console.log(JSON.stringify(secrets, null, 2));
  else for (const name of ADOPT_SECRETS) console.log(`${name}=${secrets[name]}\n  npx wrangler secret put ${name}\n`);
  return 0;
}

async function list(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, FROM);
  const rings = await readKeys(required(flags.from, "--from FILE"));
  const found = Object.entries(RINGS).map(([name, secret]) => {
    const [signs, ...accepts] = idsOf(rings[secret]);
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
  const name = ringNamed(required(flags.ring, "--ring RING"));
  const rings = await readKeys(required(flags.from, "--from FILE"));
  const retired = retire(name, rings[RINGS[name]], wanted);
  rings[RINGS[name]] = retired.ring;
  const told =
    retired.kind === "accepts"
      ? [`${name}: ${retired.signs} signs; key ${wanted} is still accepted.`, waitFor(name, wanted)]
      : [`${name}: key ${wanted} is out. What only it has signed is not accepted any more.`];
  return print(rings, namesOf([name]), flags.json, told);
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

function namesOf(rings: readonly RingName[]): (keyof Keys)[] {
  return rings.map((ring) => RINGS[ring]);
}

function ringNamed(name: string): RingName {
  if (Object.hasOwn(RINGS, name)) return name as RingName;
  throw new CommandError("usage", `--ring: found ${describe(name)}, accepted: ${Object.keys(RINGS).join(", ")}`);
}

function required(value: string | undefined, flag: string): string {
  if (value === undefined) throw new CommandError("usage", `${flag} is missing`);
  return value;
}
