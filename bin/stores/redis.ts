import type { StoreSetup } from "./store-setup.ts";

/** Redis over the REST protocol of Upstash. It needs no schema. */
export const redis: StoreSetup = {
  authority: { type: "redis" },
  files: {},
  settings: "",
  steps: [
    ["npx wrangler secret put UPSTASH_REDIS_REST_URL", "the address of a Redis that evicts nothing"],
    ["npx wrangler secret put UPSTASH_REDIS_REST_TOKEN", "its token"],
  ],
};
