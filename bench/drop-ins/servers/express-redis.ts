import { RedisStore } from "connect-redis";
import session from "express-session";
import { createClient } from "redis";
import { servePages } from "./express.ts";

/** The pages with express-session and connect-redis, as their documentation configures them. */
const client = await createClient({ url: process.env.REDIS_URL ?? "" }).connect();
const store = new RedisStore({ client });
servePages(session({ store, secret: "known to all", resave: false, saveUninitialized: false }));
