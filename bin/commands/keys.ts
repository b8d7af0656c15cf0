import { describe } from "../../src/config/mistakes.ts";
import { type Command, CommandError } from "../command.ts";
import { readFlags } from "../flags.ts";
import { newKeys } from "../keys.ts";

/** `moor keys new`: prints fresh values for the Worker's secrets. */
export const keys: Command = {
  summary: "prints new values for the Worker's secrets",
  usage: `moor keys new [--json]

Prints a new value for each of the Worker's secrets, and the command that sets it. Nothing is stored.

  --json   prints one object of all secrets, as "npx wrangler secret bulk" takes it on stdin

A secret is a key ring: ID:KEY, several separated by commas, ids from 1 to 255. The first signs, all are accepted. To change
keys without logging anybody out, put the new one, under an id of its own, before the old one, and take the old one out when the
longest session is over.`,

  async run([action, ...args]) {
    if (action !== "new") {
      const found = action === undefined ? "no action is given" : `unknown action ${describe(action)}`;
      throw new CommandError("usage", `${found}, accepted: new`);
    }
    const flags = readFlags(args, { json: { type: "boolean" } });
    const fresh = await newKeys();
    if (flags.json) console.log(JSON.stringify(fresh, null, 2));
    else
      for (const [name, value] of Object.entries(fresh))
        console.log(`${name}=${value}\n  npx wrangler secret put ${name}\n`);
    return 0;
  },
};
