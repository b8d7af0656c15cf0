import { createRequire } from "node:module";
import { resolve } from "node:path";
import { RedisStore } from "connect-redis";
import { createClient } from "redis";
import { session } from "../../../src/sdk/fastify/index.ts";

/** Two pages on moor/fastify, or on @fastify/session with connect-redis if `REDIS_URL` is set. */
const packages = createRequire(resolve("sdk/node/test-packages/package.json"));
const { MOOR_ISSUER = "", MOOR_AUDIENCE = "", MOOR_URL = "", REDIS_URL, PORT } = process.env;

const app = packages("fastify")();
app.get("/health", () => ({}));
if (REDIS_URL === undefined) {
  await app.register(session, { issuer: MOOR_ISSUER, audience: MOOR_AUDIENCE, moorUrl: MOOR_URL });
} else {
  const store = new RedisStore({ client: await createClient({ url: REDIS_URL }).connect() });
  await app.register(packages("@fastify/cookie"));
  const secret = "a secret that is known to all of its readers";
  await app.register(packages("@fastify/session"), {
    store,
    secret,
    saveUninitialized: false,
    cookie: { secure: false },
  });
}
interface WithSession {
  readonly session: { visits?: number };
}
app.get("/read", ({ session }: WithSession) => ({ visits: session.visits ?? 0 }));
app.post("/incr", ({ session }: WithSession) => {
  session.visits = (session.visits ?? 0) + 1;
  return { visits: session.visits };
});
await app.listen({ port: Number(PORT), host: "127.0.0.1" });
