/** A basket in a Worker of one's own: hono, with moor/hono for its sessions, and no server behind it. */
import { Hono } from "hono";
import { type MoorEnv, moor } from "moor/hono";

export { PrincipalObject, SessionObject } from "moor/hono";

interface Shop {
  /** How many of each good. */
  basket?: Record<string, number>;
}

const app = new Hono<MoorEnv<Shop>>();
app.use(moor({ session: { idleSeconds: 12 * 60 * 60 } }));

app.get("/", ({ json, var: { session } }) => {
  // A principal is visible ASCII, which names of people are not.
  const user = session.principal === undefined ? null : decodeURIComponent(session.principal);
  return json({ server: "hono", user, basket: session.get("basket") ?? {} });
});

app.post("/add", async (c) => {
  const { good } = await c.req.parseBody<{ good: string }>();
  const { session } = c.var;
  // A patch touches this good alone: another tab may be putting something else into the basket.
  session.patch({ basket: { [good]: (session.get("basket")?.[good] ?? 0) + 1 } });
  return c.redirect("/", 303);
});

app.post("/remove", async (c) => {
  const { good } = await c.req.parseBody<{ good: string }>();
  c.var.session.patch({ basket: { [good]: null } });
  return c.redirect("/", 303);
});

app.post("/login", async (c) => {
  const { user } = await c.req.parseBody<{ user: string }>();
  c.var.session.login(encodeURIComponent(user));
  return c.redirect("/", 303);
});

app.post("/logout", (c) => {
  c.var.session.end();
  return c.redirect("/", 303);
});

export default app;
