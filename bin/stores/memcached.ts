import { once } from "node:events";
import { connect } from "node:net";
import { startLocalMemcached } from "./local-memcached.ts";
import type { StoreSetup } from "./store-setup.ts";

const VARIABLE = "MOOR_MEMCACHED";
const DEADLINE_MS = 5_000;
/** Attributes of a session, sealed, and what the record has besides. */
const LEAST_ITEM_BYTES = 1_048_576;

/** One memcached, for sessions that may be lost. */
export const memcached: StoreSetup = {
  files: {},
  settings: "",
  steps: [
    [`npx wrangler secret put ${VARIABLE}`, "takes memcached://host:port of a memcached that was started with -M"],
  ],
  local: {
    async start() {
      const { port, stop } = await startLocalMemcached();
      const address = `127.0.0.1:${port}`;
      return { variables: { [VARIABLE]: `memcached://${address}` }, address, stop };
    },
  },
  audit: {
    variables: () => [VARIABLE],
    async ask({ [VARIABLE]: address = "" }) {
      const settings = await settingsOf(new URL(address));
      const itemBytes = Number(settings.get("item_size_max"));
      return [
        "a restart loses every session",
        ...(settings.get("evictions") === "off"
          ? []
          : ["evictions are on: a full memcached drops sessions; start it with -M"]),
        ...(itemBytes >= LEAST_ITEM_BYTES
          ? []
          : [`item_size_max is ${itemBytes}: it refuses large sessions; start it with -I 1m`]),
      ];
    },
  },
};

async function settingsOf({ hostname, port }: URL): Promise<Map<string, string>> {
  const socket = connect(Number(port || 11_211), hostname).setEncoding("utf8");
  socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error("it does not answer")));
  let text = "";
  socket.on("data", (part: string) => {
    text += part;
  });
  socket.write("stats settings\r\nquit\r\n");
  try {
    await once(socket, "close");
  } catch {
    throw new Error("it does not answer");
  }
  const lines = text.matchAll(/^STAT (\S+) (\S+)\r$/gm);
  return new Map(Array.from(lines, ([, name = "", value = ""]) => [name, value]));
}
