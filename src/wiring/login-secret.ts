import { secretNameOf } from "../config/logins.ts";

/** The secret of this site's client at the provider of a login. `undefined`: the client is public. */
export function loginSecretIn(env: object, id: string | undefined): string | undefined {
  const secret = (env as Readonly<Record<string, unknown>>)[secretNameOf(id)];
  return typeof secret === "string" && secret !== "" ? secret : undefined;
}
