import type { StoreSetup } from "./store-setup.ts";

/** One memcached, for sessions that may be lost. */
export const memcached: StoreSetup = {
  authority: { type: "memcached" },
  files: {},
  settings: "",
  steps: [
    ["npx wrangler secret put MOOR_MEMCACHED", "takes memcached://host:port of a memcached that was started with -M"],
  ],
};
