import { RedisStore } from "connect-redis";
import session from "express-session";
import { createClient } from "redis";
import { serveShop, sessions } from "./shop.ts";

/** The shop with express-session and connect-redis, as their documentation configures them; `--sessions` is the Unix socket of Redis. */
const client = createClient({ socket: { path: sessions, tls: false } });
// Without a listener the process would end; the client connects again by itself.
client.on("error", () => {});
await client.connect();
serveShop(
  session({
    store: new RedisStore({ client }),
    secret: "known to all",
    resave: false,
    saveUninitialized: false,
    cookie: { secure: true, sameSite: "lax", maxAge: 12 * 3_600_000 },
  }),
);
