import { Hono } from "hono";
import { forward, type Origins } from "./forward.ts";
import { ITEMS } from "./items.ts";

export { SessionObject } from "./items.ts";
export { Link } from "./watched-stores.ts";

const app = new Hono<{ Bindings: Origins }>();

app.get("/", ({ req, env }) => forward(req, env, ITEMS));
app.post("/items/:name/:value", ({ req, env }) => forward(req, env, ITEMS));

/** The shop with a session that costs nothing, and keeps nothing: no middleware for sessions can let this application answer more requests. */
export default app;
