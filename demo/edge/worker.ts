/**
 * The Worker of the demonstration. It is Moor as it is deployed, at three locations of a world with distance. On every
 * page a panel shows how the session was resolved, and can take stores away. `wrangler.toml` deploys `src/worker.ts`,
 * which has no panel and no such world.
 */
import config from "../../moor.config.ts";
import { SessionObject as MoorSessionObject } from "../../src/index.ts";
import { createHandler, type Env } from "../../src/wiring/handler.ts";
import { readServerTiming } from "../explain.ts";
import { locationOf, rememberChange, writtenOf } from "./cookies.ts";
import { BERLIN, type Location, locations } from "./locations.ts";
import { isOwnRequest } from "./own-request.ts";
import { addPanel, isPage } from "./pages.ts";
import { createSessionIds } from "./session-ids.ts";
import { createSwitches, type Switches } from "./switches.ts";
import { createWorld } from "./world.ts";

interface DemoEnv extends Env {
  SESSION_OBJECT: DurableObjectNamespace;
  /** Where the demonstration runs. */
  MOOR_ISSUER: string;
  /** Where Redis is killed and started; see `demo/redis-switch.ts`. */
  DEMO_REDIS_SWITCH: string;
}

type Handler = ReturnType<typeof createHandler>;

const world = createWorld();
/** Each location has its own Moor, with a memory and breakers of its own. */
const edges = new Map<Location, Handler>(locations.map((location) => [location, createHandler(config)]));

export { PoolObject, PrincipalObject } from "../../src/index.ts";

/** Objects that are given the same environment share the breakers of their stores. */
let envOfObjects: Env | undefined;

/** The real thing; KV is as far away as where it lives. */
export class SessionObject extends MoorSessionObject {
  constructor(state: DurableObjectState, env: Env) {
    envOfObjects ??= { ...env, SESSION_REPLICAS: world.replicasOfObjects };
    super(state, envOfObjects);
  }
}

interface Built {
  readonly switches: Switches;
  readonly sessionIdOf: (request: Request) => Promise<string | undefined>;
}

const NOT_OWN = "This is not the demonstration's address, or another site's page asks.\n";

let built: Built | undefined;

export default {
  async fetch(request, env, context) {
    if (!isOwnRequest(request, env.MOOR_ISSUER)) return new Response(NOT_OWN, { status: 403 });
    built ??= {
      switches: createSwitches(world, env.DEMO_REDIS_SWITCH),
      sessionIdOf: createSessionIds(env.MOOR_TOKEN_KEYS),
    };
    const switched = await built.switches.answer(request);
    if (switched) return switched;

    const here = locationOf(request);
    const arrived = new Request(request, { cf: { ...request.cf, ...here.cf } }) as typeof request;
    const response = await edgeAt(here).fetch(arrived, envAt(here, env), context);
    const explain = readServerTiming(response.headers.get("Server-Timing"));
    // The console shows its own view of the stores, and its policy admits no style of a panel.
    if (new URL(request.url).pathname.startsWith("/.moor/console")) return response;
    if (!isPage(response)) return rememberChange(response, explain);
    const sessionId = await built.sessionIdOf(request);
    return addPanel(response, {
      here,
      home: sessionId === undefined ? undefined : world.homeOf(sessionId),
      objects: world.isCut() ? "away" : "here",
      redis: await built.switches.redis(),
      explain,
      status: response.status,
      written: writtenOf(request),
    });
  },

  async scheduled(controller, env) {
    await edgeAt(BERLIN).scheduled(controller, envAt(BERLIN, env));
  },
} satisfies ExportedHandler<DemoEnv>;

function edgeAt(location: Location): Handler {
  return edges.get(location) as Handler;
}

/** The bindings, as they are reached from a location. */
function envAt(location: Location, env: DemoEnv): Env {
  return {
    ...env,
    SESSION_OBJECT: world.objectsFrom(location, env.SESSION_OBJECT),
    SESSION_REPLICAS: world.replicasAt(location),
  };
}
