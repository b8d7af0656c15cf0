import { join, relative } from "node:path";
import type { MoorConfig } from "../../../src/config/types.ts";
import type { TestKeys } from "./test-keys.ts";

/** A Redis over the REST protocol of Upstash. */
export interface RedisAccess {
  readonly url: string;
  readonly token: string;
}

export interface WorkerdOptions {
  /** Where the configuration stands, and below it everything that is stored. */
  readonly folder: string;
  /** The built Worker, and what stands around it. */
  readonly files: { readonly worker: string; readonly platform: string };
  /** Where Moor answers, what fires its cron trigger, and its KV. */
  readonly ports: { readonly moor: number; readonly cron: number; readonly kv: number };
  readonly config: MoorConfig;
  readonly keys: TestKeys;
  readonly redis?: RedisAccess;
}

/** The `iss` of the handoffs of a running Moor. */
export const TEST_ISSUER = "https://shop.test";

/** That of `wrangler.toml`. */
export const COMPATIBILITY_DATE = "2026-10-23";

/** Folders, below that of the configuration, for objects and for what is in KV. */
export const STORED = { objects: "objects", replicas: "replicas" };

/** The configuration of a workerd that runs Moor with everything that `wrangler.toml` binds. */
export function workerdConfig({ folder, files, ports, config, keys, redis }: WorkerdOptions): string {
  const module = (file: string) => `modules = [(name = "worker.js", esModule = embed "${relative(folder, file)}")]`;
  const disk = (name: string) => `(name = "${name}", disk = (path = "${join(folder, name)}", writable = true))`;
  const texts = {
    MOOR_CONFIG: JSON.stringify(config),
    MOOR_ISSUER: TEST_ISSUER,
    MOOR_TOKEN_KEYS: keys.token,
    MOOR_HANDOFF_KEYS: keys.handoff,
    MOOR_STORE_KEYS: keys.store,
    ...(redis && { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token }),
  };
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "moor", worker = (
      ${module(files.worker)},
      compatibilityDate = "${COMPATIBILITY_DATE}",
      durableObjectNamespaces = [(className = "SessionObject", uniqueKey = "session-object", enableSql = true)],
      durableObjectStorage = (localDisk = "${STORED.objects}"),
      bindings = [
        (name = "SESSION_OBJECT", durableObjectNamespace = "SessionObject"),
        (name = "SESSION_REPLICAS", kvNamespace = "platform"),
        ${Object.entries(texts)
          .map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)}),`)
          .join("\n        ")}
      ],
    )),
    (name = "platform", worker = (
      ${module(files.platform)},
      compatibilityDate = "${COMPATIBILITY_DATE}",
      compatibilityFlags = ["service_binding_extra_handlers"],
      durableObjectNamespaces = [(className = "Namespace", uniqueKey = "namespace", enableSql = true)],
      durableObjectStorage = (localDisk = "${STORED.replicas}"),
      bindings = [
        (name = "NAMESPACE", durableObjectNamespace = "Namespace"),
        (name = "WORKER", service = "moor"),
      ],
    )),
    ${disk(STORED.objects)},
    ${disk(STORED.replicas)},
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:${ports.moor}", service = "moor",
      http = (forwardedProtoHeader = "X-Forwarded-Proto", cfBlobHeader = "CF-Blob")),
    (name = "cron", address = "127.0.0.1:${ports.cron}", service = (name = "platform", entrypoint = "Cron"), http = ()),
    (name = "kv", address = "127.0.0.1:${ports.kv}", service = "platform", http = ()),
  ],
);
`;
}
