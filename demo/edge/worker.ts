/**
 * The Worker of the demonstration. It is Moor as it is deployed, at three locations of a world with distance. On every
 * page a panel shows how the session was resolved, and can take stores away. `wrangler.toml` deploys `src/worker.ts`,
 * which has no panel and no such world.
 */
import config from "../../moor.config.ts";
import { createSessionObject, type Env } from "../../src/index.ts";
import { readServerTiming } from "../explain.ts";
import { locationOf, rememberChange, writtenOf } from "./cookies.ts";
import { BERLIN, type Location } from "./locations.ts";
import { createLoginTraces, type LoginTraces } from "./login/traces.ts";
import { type LoginPanelView, usesOf } from "./login/view.ts";
import { isOwnRequest } from "./own-request.ts";
import { addPanel, isPage } from "./pages.ts";
import { createSessionIds } from "./session-ids.ts";
import { createDemoEdges, type DemoEdges } from "./stores.ts";
import { createSwitches, type Switches } from "./switches.ts";
import { createWorld } from "./world.ts";

interface DemoEnv extends Env {
  SESSION_OBJECT: DurableObjectNamespace;
  /** Where the demonstration runs. */
  MOOR_ISSUER: string;
  /** Where Redis and the provider are killed and started; see `demo/process-switch.ts`. */
  DEMO_REDIS_SWITCH: string;
  DEMO_PROVIDER_SWITCH: string;
  /** Where the provider answers. */
  DEMO_PROVIDER: string;
  /** The stores beside Durable Objects; see `demo/stores.ts`. */
  DEMO_STORES: string;
}

const world = createWorld();

export { PoolObject, PrincipalObject } from "../../src/index.ts";

/** Objects that are given the same environment share the breakers of their stores. */
let envOfObjects: Env | undefined;

/** The real thing; KV is as far away as where it lives. */
export class SessionObject extends createSessionObject(config) {
  constructor(state: DurableObjectState, env: Env) {
    envOfObjects ??= { ...env, SESSION_REPLICAS: world.replicasOfObjects };
    super(state, envOfObjects);
  }
}

interface Built {
  readonly edges: DemoEdges;
  readonly switches: Switches;
  readonly sessionIdOf: (cookies: string | null) => Promise<string | undefined>;
  readonly traces: LoginTraces;
}

const NOT_OWN = "This is not the demonstration's address, or another site's page asks.\n";

let built: Built | undefined;

export default {
  async fetch(request, env, context) {
    if (!isOwnRequest(request, env.MOOR_ISSUER)) return new Response(NOT_OWN, { status: 403 });
    built ??= build(env);
    const switched = await built.switches.answer(request);
    if (switched) return switched;

    const here = locationOf(request);
    const arrived = new Request(request, { cf: { ...request.cf, ...here.cf } }) as typeof request;
    const { edges } = built;
    const store = edges.chosenBy(request.headers.get("Cookie"));
    const response = await edges.at(here, store).fetch(arrived, edges.envFor(store, envAt(here, env)), context);
    await built.traces.note(request, response);
    const explain = readServerTiming(response.headers.get("Server-Timing"));
    // The console shows its own view of the stores, and its policy admits no style of a panel.
    if (new URL(request.url).pathname.startsWith("/.moor/console")) return response;
    if (!isPage(response)) return rememberChange(response, explain);
    const sessionId = await built.sessionIdOf(request.headers.get("Cookie"));
    return addPanel(response, {
      here,
      home: sessionId === undefined || store !== "object" ? undefined : world.homeOf(sessionId),
      store,
      stores: edges.stores,
      objects: world.isCut() ? "away" : "here",
      redis: await built.switches.redis(),
      login: await loginPanelOf(built, sessionId, env),
      explain,
      status: response.status,
      written: writtenOf(request),
    });
  },

  async scheduled(controller, env) {
    built ??= build(env);
    const { edges } = built;
    for (const store of edges.used()) {
      await edges.at(BERLIN, store).scheduled(controller, edges.envFor(store, envAt(BERLIN, env)));
    }
  },
} satisfies ExportedHandler<DemoEnv>;

function build(env: DemoEnv): Built {
  const edges = createDemoEdges(config, env.DEMO_STORES, Boolean(env.UPSTASH_REDIS_REST_URL));
  const sessionIdOf = createSessionIds(env.MOOR_TOKEN_KEYS, edges.tokenCookieFor);
  return {
    edges,
    switches: createSwitches(world, { redis: env.DEMO_REDIS_SWITCH, provider: env.DEMO_PROVIDER_SWITCH }),
    sessionIdOf,
    traces: createLoginTraces(env.DEMO_PROVIDER, sessionIdOf),
  };
}

async function loginPanelOf(
  { switches, traces }: Built,
  sessionId: string | undefined,
  { DEMO_PROVIDER }: DemoEnv,
): Promise<LoginPanelView> {
  const { state, uses } = await switches.provider();
  const trace = traces.of(sessionId);
  return {
    address: DEMO_PROVIDER,
    provider: state === "away" ? "away" : "here",
    flow: trace && { trace, uses: usesOf(trace, uses) },
    now: Date.now(),
  };
}

/** The bindings, as they are reached from a location. */
function envAt(location: Location, env: DemoEnv): Env {
  return {
    ...env,
    SESSION_OBJECT: world.objectsFrom(location, env.SESSION_OBJECT),
    SESSION_REPLICAS: world.replicasAt(location),
  };
}
