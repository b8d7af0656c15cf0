import { DEBUG_HEADER, MOST_DEBUG_SECONDS, signDebugToken } from "../../src/inbound/token/debug-token.ts";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import { describe } from "../../src/settings/mistakes.ts";
import { type Command, CommandError } from "../command.ts";
import { readFlags } from "../flags.ts";
import { readKeys } from "../key-rings.ts";
import { readLocalKeys } from "../local-keys.ts";
import { calledAs, inLocalFolder } from "../project.ts";

const USUAL_MINUTES = 60;
const MOST_MINUTES = MOST_DEBUG_SECONDS / 60;

/** `moor debug-token`: makes a token that has Moor explain its responses. */
export const debugToken: Command = {
  summary: "makes a token that has the Worker explain its responses to you",
  usage: `moor debug-token [--minutes N] [--from FILE]

Prints a token. A request that carries it in the header ${DEBUG_HEADER} is decided as any other, and its response says in
Server-Timing how. It gives no access to anything, and tells no session's values; keep it to yourself all the same.

  curl -sI -H "${DEBUG_HEADER}: $(${calledAs.replace("npm run", "npm run -s")} debug-token)" http://localhost:8788/

  --minutes N    how long it is valid. Default: ${USUAL_MINUTES}; 1 to ${MOST_MINUTES}
  --from FILE    the Worker's secrets as "moor keys --json" prints them; - reads them from stdin. Default: those of this
                 machine's local Workers (moor dev)`,

  async run(args) {
    const flags = readFlags(args, { minutes: { type: "string" }, from: { type: "string" } });
    const minutes = minutesOf(flags.minutes);
    const { MOOR_TOKEN_KEYS } = await (flags.from === undefined
      ? readLocalKeys(inLocalFolder("keys.json"))
      : readKeys(flags.from));
    const expiresAt = Math.floor(Date.now() / 1000) + minutes * 60;
    console.log(await signDebugToken(parseKeyRing(MOOR_TOKEN_KEYS, "MOOR_TOKEN_KEYS"), expiresAt));
    console.error(`valid until ${new Date(expiresAt * 1000).toISOString()}, in the header ${DEBUG_HEADER}`);
    return 0;
  },
};

function minutesOf(given = String(USUAL_MINUTES)): number {
  const minutes = Number(given);
  if (/^\d{1,4}$/.test(given) && minutes >= 1 && minutes <= MOST_MINUTES) return minutes;
  throw new CommandError("usage", `--minutes: found ${describe(given)}, accepted: 1 to ${MOST_MINUTES}`);
}
