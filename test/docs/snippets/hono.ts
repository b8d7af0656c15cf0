/** The Worker of docs/guide/hono.md. */
import { Hono } from "hono";
import { type MoorEnv, moor } from "moor/hono";

export { PrincipalObject, SessionObject } from "moor/hono";

const app = new Hono<MoorEnv<{ basket?: Record<string, number> }>>();
app.use(moor({ session: { idleSeconds: 12 * 60 * 60 } }));
app.get("/", (c) => c.json(c.var.session.get("basket") ?? {}));
app.post("/add", (c) => {
  c.var.session.patch({ basket: { apples: 1 } });
  return c.redirect("/", 303);
});
export default app;

const sessions = moor({ stores: { backup: "sync" } });
app.use("/account/*", sessions.with({ freshness: "strict" }));
app.use("/poll", sessions.with({ touch: false }));
app.use("/order", sessions.with({ locking: "writes" }));
app.use(sessions);
