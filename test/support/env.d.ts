/// <reference types="vite/types/importMeta.d.ts" />

declare namespace Cloudflare {
  /** What `wrangler.toml` binds that tests use. */
  interface Env {
    SESSION_OBJECT: DurableObjectNamespace<import("../../src/store/session-object.ts").SessionObject>;
    SESSION_REPLICAS: KVNamespace;
  }
}
