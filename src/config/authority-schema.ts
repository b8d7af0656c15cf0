import { literal } from "valibot";
import { rowStoreSchemas } from "../row-stores/registry.ts";
import { oneOf, shape } from "../settings/shapes.ts";

/** The form of each kind of authority, by its `type`. */
export const authoritySchemas = {
  object: shape({ type: literal("object") }),
  cookie: shape({ type: literal("cookie"), revocation: oneOf(["kv", "redis"]) }),
  ...rowStoreSchemas,
};
