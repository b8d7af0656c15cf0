import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import { forward, type Origins } from "./forward.ts";

export { Link } from "./watched-stores.ts";

/** Nothing is kept in it: the bench's configuration of a Worker names such a class. */
export class SessionObject extends DurableObject {}

/** The session that each visitor of the bench has after their first requests. */
const ITEMS = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`i${index}`, "x".repeat(64)]));

const app = new Hono<{ Bindings: Origins }>();

app.get("/", ({ req, env }) => forward(req, env, ITEMS));
app.post("/items/:name/:value", ({ req, env }) => forward(req, env, ITEMS));

/** The shop with a session that costs nothing, and keeps nothing: no middleware for sessions can let this application answer more requests. */
export default app;
