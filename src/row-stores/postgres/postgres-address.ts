import { isPercentEncoded } from "../../lib/percent-encoding.ts";

/**
 * The address of a Postgres from the binding of this name.
 *
 * @throws TypeError that names the binding and the accepted values.
 */
export function addressIn(env: Readonly<Record<string, unknown>>, name: string): string {
  const bound = env[name];
  const isHyperdrive = typeof bound === "object" && bound !== null && "connectionString" in bound;
  const url = isHyperdrive ? bound.connectionString : bound;
  if (typeof url === "string" && /^postgres(ql)?:\/\/./.test(url) && URL.canParse(url) && isPercentEncoded(url))
    return url;
  const accepted =
    'a Hyperdrive, or a secret like "postgres://user:password@host:5432/database?sslmode=require", with user and password percent-encoded';
  throw new TypeError(
    `${name} is ${bound === undefined ? "not set" : "no address of Postgres"}; it takes ${accepted}.`,
  );
}
