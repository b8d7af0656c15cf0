import { join, relative } from "node:path";
import type { MiddlewareConfig } from "../../../src/config/middleware.ts";
import type { MoorConfig } from "../../../src/config/types.ts";
import type { TestKeys } from "./test-keys.ts";

/** A Redis over the REST protocol of Upstash. */
export interface RedisAccess {
  readonly url: string;
  readonly token: string;
  /** The Unix socket at which it listens, if it is on this machine. */
  readonly socket?: string;
}

/** The surroundings of Moor, without its stores. */
export interface Surroundings {
  /**
   * Service bindings by name: `127.0.0.1:PORT` of the server that answers for the Worker behind the binding. Default:
   * no bindings.
   */
  readonly services?: Readonly<Record<string, string>>;
  /**
   * `127.0.0.1:PORT` of a proxy for every request of the Worker, with its `cf` in `CF-Blob` as JSON. Default: no proxy,
   * and requests go to the network.
   */
  readonly proxy?: string;
  /** The secret of Moor's client at a provider of logins. Default: absent. */
  readonly loginSecret?: string;
  /** Whether a streaming tail Worker has the platform trace every request. It logs each event that it gets. Default `false`. */
  readonly traced?: boolean;
  /** A certificate that https trusts, as PEM. Default: only the certificates that browsers trust. */
  readonly certificate?: string;
}

export interface WorkerdOptions extends Surroundings {
  /** The folder of the configuration. Everything that is stored lies below it. */
  readonly folder: string;
  /** The built Worker, and the services around it. */
  readonly files: { readonly worker: string; readonly platform: string };
  /**
   * The ports of Moor, of its cron trigger, of the view into its KV, of its dataset if there is one, and of its link if
   * it is watched.
   */
  readonly ports: {
    readonly moor: number;
    readonly cron: number;
    readonly kv: number;
    readonly link: number | undefined;
    /** `undefined`: no dataset is bound. */
    readonly dataset?: number | undefined;
    /** The port by which further processes reach the KV. Default: there are no further processes. */
    readonly sharedKv?: number | undefined;
  };
  /**
   * The ports of further isolates of the Worker in the same process, and of their links if they are watched. They share its
   * objects and its KV. Default: no further isolates.
   */
  readonly others?: readonly Pick<WorkerdOptions["ports"], "moor" | "link">[] | undefined;
  /** The first process, if this is a further process: it has the objects and the KV of all. Default: this is the first. */
  readonly first?: SharedPorts | undefined;
  readonly config: MoorConfig | MiddlewareConfig;
  readonly keys: TestKeys;
  readonly redis: RedisAccess | undefined;
  /** Further bindings. Default: none. */
  readonly texts?: Readonly<Record<string, string>> | undefined;
  /** Default: absent. */
  readonly adminToken?: string | undefined;
  /** Flags of V8. Default: none. */
  readonly v8Flags?: readonly string[] | undefined;
}

/** The ports by which further processes reach the objects and the KV of the first process. */
export interface SharedPorts {
  /** The debug port of workerd, by which `wrangler dev` shares objects among processes. */
  readonly objects: number;
  readonly kv: number;
}

/** The `iss` of the handoffs of a running Moor. */
export const TEST_ISSUER = "https://shop.test";

/** The compatibility date of `wrangler.toml`. */
export const COMPATIBILITY_DATE = "2026-10-23";

/** Folders for objects and for KV, below the folder of the configuration. */
export const STORED = { objects: "objects", replicas: "replicas" };

/** The code of the streaming tail Worker. */
const TAIL = `
const plain = (_, value) => (typeof value === "bigint" ? Number(value) : value);
const tell = ({ event, spanContext }) => console.log("TAIL " + JSON.stringify({ ...event, context: spanContext }, plain));
export default { tailStream(onset) { tell(onset); return tell; } };
`;

/** The code of the objects of a further process. A call goes on to the object of the same id in the first process. */
const FAR_OBJECTS = `
import { DurableObject } from "cloudflare:workers";
const far = (className) => class extends DurableObject {
  constructor(context, env) {
    super(context, env);
    const object = () => env.FIRST.connect(env.ADDRESS).getActor("moor", className, context.id.toString());
    const call = (name) => (...args) => object()[name](...args);
    return new Proxy(this, { get: (own, name) => (Reflect.has(own, name) ? Reflect.get(own, name) : call(name)) });
  }
};
export const [SessionObject, PrincipalObject, PoolObject] = ["SessionObject", "PrincipalObject", "PoolObject"].map(far);
export default {};
`;

/** Whether sessions are adopted. */
function adopts(config: MoorConfig | MiddlewareConfig): boolean {
  return "adopt" in config && (config.adopt?.length ?? 0) > 0;
}

/** Another store than Durable Objects as the authority, and the adoption of sessions, need a limit of foundings. */
function needsLimit(config: MoorConfig | MiddlewareConfig): boolean {
  return (config.stores?.authority?.type ?? "object") !== "object" || adopts(config);
}

/** The configuration of a workerd that runs Moor with everything that `wrangler.toml` binds. */
export function workerdConfig(options: WorkerdOptions): string {
  const {
    folder,
    files,
    ports,
    others = [],
    config,
    keys,
    redis,
    adminToken,
    loginSecret,
    services = {},
    proxy,
    traced,
    certificate,
    first,
    v8Flags = [],
  } = options;
  const edges = [ports, ...others].map((edge, nth) => ({ ...edge, name: nth === 0 ? "moor" : `moor-${nth}` }));
  const module = (file: string) => `modules = [(name = "worker.js", esModule = embed "${relative(folder, file)}")]`;
  const disk = (name: string) => `(name = "${name}", disk = (path = "${join(folder, name)}", writable = true))`;
  const texts = {
    MOOR_CONFIG: JSON.stringify(config),
    MOOR_ISSUER: TEST_ISSUER,
    MOOR_TOKEN_KEYS: keys.token,
    MOOR_HANDOFF_KEYS: keys.handoff,
    MOOR_STORE_KEYS: keys.store,
    ...(adopts(config) && { MOOR_ADOPT_KEY: keys.adopt, MOOR_CONFIRM_KEYS: keys.confirm }),
    ...(redis && { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token }),
    ...(adminToken !== undefined && { MOOR_ADMIN_TOKEN: adminToken }),
    ...(loginSecret !== undefined && { MOOR_LOGIN_SECRET: loginSecret }),
    ...options.texts,
  };
  const tail = `(name = "tail", worker = (
      modules = [(name = "tail.js", esModule = ${JSON.stringify(TAIL)})],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      compatibilityFlags = ["experimental", "streaming_tail_worker"],
    )),`;
  const trusted = certificate === undefined ? "" : `, trustedCertificates = [${JSON.stringify(certificate)}]`;
  const external = (name: string, address: string, http: string) =>
    `(name = "${name}", external = (address = "${address}", http = (${http}))),`;
  // Objects have the same ids in every process, because an id is made of a name and this key.
  const objectsIn = (storage: string) => `durableObjectNamespaces = [
        (className = "SessionObject", uniqueKey = "session-object", enableSql = true),
        (className = "PrincipalObject", uniqueKey = "principal-object", enableSql = true),
        (className = "PoolObject", uniqueKey = "pool-object", enableSql = true),
      ],
      durableObjectStorage = (${storage}),`;
  const farObjects = `(name = "far", worker = (
      modules = [(name = "far.js", esModule = ${JSON.stringify(FAR_OBJECTS)})],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      ${objectsIn("inMemory = void")}
      bindings = [
        (name = "FIRST", workerdDebugPort = void),
        (name = "ADDRESS", text = "127.0.0.1:${first?.objects}"),
      ],
    )),`;
  const [objectsAt, kvAt] = first ? ["far", "kv"] : ["moor", "platform"];
  const edgeWorker = ({ name }: { name: string }) => `(name = "${name}", worker = (
      ${module(files.worker)},
      compatibilityDate = "${COMPATIBILITY_DATE}",
      ${objectsAt === name ? objectsIn(`localDisk = "${STORED.objects}"`) : ""}
      bindings = [
        (name = "SESSION_OBJECT", durableObjectNamespace = (className = "SessionObject", serviceName = "${objectsAt}")),
        (name = "PRINCIPAL_OBJECT", durableObjectNamespace = (className = "PrincipalObject", serviceName = "${objectsAt}")),
        (name = "POOL_OBJECT", durableObjectNamespace = (className = "PoolObject", serviceName = "${objectsAt}")),
        (name = "SESSION_REPLICAS", kvNamespace = "${kvAt}"),
        ${needsLimit(config) ? '(name = "FOUNDING_LIMIT", service = (name = "platform", entrypoint = "Limiter")),' : ""}
        ${needsLimit(config) ? '(name = "SITE_FOUNDING_LIMIT", service = (name = "platform", entrypoint = "SiteLimiter")),' : ""}
        ${ports.dataset ? '(name = "METRICS", analyticsEngine = (name = "platform", entrypoint = "Dataset")),' : ""}
        ${Object.entries(texts)
          .map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)}),`)
          .join("\n        ")}
        ${Object.keys(services)
          .map((name) => `(name = "${name}", service = "service-${name}"),`)
          .join("\n        ")}
      ],
      ${proxy === undefined ? "" : 'globalOutbound = "proxy",'}
      ${traced ? 'streamingTails = ["tail"],' : ""}
    )),`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ${JSON.stringify(v8Flags)},
  services = [
    ${edges.map(edgeWorker).join("\n    ")}
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
    ${traced ? tail : ""}
    ${first ? farObjects + external("kv", `127.0.0.1:${first.kv}`, "") : ""}
    ${disk(STORED.objects)},
    ${disk(STORED.replicas)},
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true${trusted}))),
    ${proxy === undefined ? "" : external("proxy", proxy, 'style = proxy, cfBlobHeader = "CF-Blob"')}
    ${Object.entries(services)
      .map(([name, address]) => external(`service-${name}`, address, ""))
      .join("\n    ")}
  ],
  sockets = [
    ${edges
      .map(({ name, moor }) => {
        const http = '(forwardedProtoHeader = "X-Forwarded-Proto", cfBlobHeader = "CF-Blob")';
        return `(name = "http-${name}", address = "127.0.0.1:${moor}", service = "${name}", http = ${http}),`;
      })
      .join("\n    ")}
    (name = "cron", address = "127.0.0.1:${ports.cron}", service = (name = "platform", entrypoint = "Cron"), http = ()),
    (name = "kv", address = "127.0.0.1:${ports.kv}", service = (name = "platform", entrypoint = "Look"), http = ()),
    ${ports.sharedKv ? `(name = "shared-kv", address = "127.0.0.1:${ports.sharedKv}", service = "platform", http = ()),` : ""}
    ${ports.dataset ? `(name = "dataset", address = "127.0.0.1:${ports.dataset}", service = (name = "platform", entrypoint = "Dataset"), http = ()),` : ""}
    ${edges
      .filter(({ link }) => link !== undefined)
      .map(({ name, link }) => {
        const service = `(name = "${name}", entrypoint = "Link")`;
        return `(name = "link-${name}", address = "127.0.0.1:${link}", service = ${service}, http = ()),`;
      })
      .join("\n    ")}
  ],
);
`;
}
