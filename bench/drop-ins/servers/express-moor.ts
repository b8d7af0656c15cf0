import { session } from "../../../src/sdk/express/index.ts";
import { servePages } from "./express.ts";

/** The pages with moor/express. */
const { MOOR_ISSUER = "", MOOR_AUDIENCE = "", MOOR_URL = "" } = process.env;
servePages(session({ issuer: MOOR_ISSUER, audience: MOOR_AUDIENCE, moorUrl: MOOR_URL }));
