import { createRequire } from "node:module";
import { resolve } from "node:path";
import { session } from "../../../src/sdk/koa/index.ts";

/** Two pages on moor/koa, or on koa-session with koa-redis if `REDIS_URL` is set. */
const packages = createRequire(resolve("sdk/node/test-packages/package.json"));
const { MOOR_ISSUER = "", MOOR_AUDIENCE = "", MOOR_URL = "", REDIS_URL, PORT } = process.env;

const app = new (packages("koa"))();
const sessions =
  REDIS_URL === undefined
    ? session({ issuer: MOOR_ISSUER, audience: MOOR_AUDIENCE, moorUrl: MOOR_URL })
    : packages("koa-session").createSession({ store: packages("koa-redis")({ url: REDIS_URL }) }, app);
app.keys = ["a secret that is known to all of its readers"];

interface Context {
  readonly path: string;
  readonly session: { visits?: number };
  body: unknown;
}
app.use((context: Context, next: () => unknown) => {
  if (context.path !== "/health") return next();
  context.body = {};
});
app.use(sessions);
app.use((context: Context) => {
  const { session } = context;
  if (context.path === "/incr") session.visits = (session.visits ?? 0) + 1;
  context.body = { visits: session.visits ?? 0 };
});
app.listen(Number(PORT), "127.0.0.1");
