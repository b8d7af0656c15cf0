import { Hono } from "hono";
import { forward, type Origins } from "./forward.ts";
import { ITEMS } from "./items.ts";

export { SessionObject } from "./items.ts";
export { Link } from "./watched-stores.ts";

const app = new Hono<{ Bindings: Origins }>();

// Whoever keeps a session's token from the handlers copies the request, and whoever keeps a page of a session from shared caches sets a header.
app.use(async (c, next) => {
  const request = new Request(c.req.raw);
  request.headers.delete("Cookie");
  c.req.raw = request;
  await next();
  c.header("Cache-Control", "private");
});

app.get("/", ({ req, env }) => forward(req, env, ITEMS));
app.post("/items/:name/:value", ({ req, env }) => forward(req, env, ITEMS));

/** The shop with a session that costs nothing, behind what moor/hono's rules ask of any session. */
export default app;
