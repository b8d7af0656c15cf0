import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newRing } from "../keys.ts";
import type { StoreSetup } from "./store-setup.ts";

const VARIABLE = "MOOR_CLIENT_KEYS";

/** Sessions in the cookies of browsers. */
export const cookie: StoreSetup = {
  stores: { authority: { type: "cookie", revocation: "kv" } },
  files: {},
  settings: "",
  steps: [
    ["npx moor keys client", `prints a new value for ${VARIABLE}`],
    [`npx wrangler secret put ${VARIABLE}`, "takes it: it seals the sessions in the cookies of browsers"],
  ],
  local: {
    async start(folder) {
      const ring = folder === undefined ? newRing() : await ringIn(folder);
      return {
        variables: { [VARIABLE]: ring },
        address: "sessions are in browsers, and their ends in KV",
        stop: async () => {},
      };
    },
  },
  audit: {
    variables: () => [],
    ask: async () => [
      "who keeps the cookies of a browser can bring an older state of its session back",
      "a change counts once its response has reached the browser: a response that is lost loses the change",
    ],
  },
};

/** The ring in a folder, so that a restart loses no session. Two commands may start at the same time, and the ring of the first stays. */
async function ringIn(folder: string): Promise<string> {
  const file = join(folder, "client-keys");
  await mkdir(folder, { recursive: true });
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, newRing(), { mode: 0o600 });
  try {
    await link(fresh, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await rm(fresh);
  }
  return readFile(file, "utf8");
}
