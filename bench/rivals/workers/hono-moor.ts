import { Hono } from "hono";
import { type MoorEnv, moor } from "../../../src/hono/index.ts";
import { forward, type Origins } from "./forward.ts";
import { watchedObjects } from "./watched-stores.ts";

export { PrincipalObject, SessionObject } from "../../../src/hono/index.ts";
export { Link } from "./watched-stores.ts";

interface Bindings extends Origins {
  readonly SESSION_OBJECT: DurableObjectNamespace;
}

type AppEnv = MoorEnv<{ items?: Record<string, string> }> & { Bindings: Bindings };

const app = new Hono<AppEnv>();
app.use(moor());

app.get("/", ({ req, env, var: { session } }) => forward(req, env, session.get("items")));

app.post("/items/:name/:value", async ({ req, env, var: { session } }) => {
  const { name, value } = req.param();
  const response = await forward(req, env, session.get("items"));
  if (response.ok) session.patch({ items: { [name]: value } });
  return response;
});

let watchedEnv: Bindings | undefined;

/** The application, whose calls to objects are counted and can be cut. */
export default {
  fetch(request, env, context) {
    watchedEnv ??= { ...env, SESSION_OBJECT: watchedObjects(env.SESSION_OBJECT) };
    return app.fetch(request, watchedEnv, context);
  },
} satisfies ExportedHandler<Bindings>;
