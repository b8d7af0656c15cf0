import { session } from "../../../src/sdk/express/index.ts";
import { serveShop, sessions } from "./shop.ts";

/** The shop with moor/express; `--sessions` is where it reaches Moor. */
serveShop(session({ issuer: "https://shop.test", audience: "shop", moorUrl: sessions }));
