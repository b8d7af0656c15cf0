/// <reference types="vite/types/importMeta.d.ts" />

declare namespace Cloudflare {
  /** The bindings of `wrangler.toml` that tests use. */
  interface Env {
    SESSION_OBJECT: DurableObjectNamespace<import("../../src/objects/session/session-object.ts").SessionObject>;
    PRINCIPAL_OBJECT: DurableObjectNamespace<import("../../src/objects/principal/principal-object.ts").PrincipalObject>;
    POOL_OBJECT: DurableObjectNamespace<import("../../src/objects/pool/pool-object.ts").PoolObject>;
    SESSION_REPLICAS: KVNamespace;
  }
}
