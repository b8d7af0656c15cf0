import { literal } from "valibot";
import { ROW_STORES } from "../row-stores/registry.ts";
import { oneOf, schemasOf, shape } from "../settings/shapes.ts";

/** The form of each kind of authority, by its `type`. */
export const authoritySchemas = {
  object: shape({ type: literal("object") }),
  cookie: shape({ type: literal("cookie"), revocation: oneOf(["kv", "redis"]) }),
  ...schemasOf(ROW_STORES),
};
