import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { python } from "../../sdk/python-tools.ts";
import type { Prepared } from "./application.ts";

interface PythonOptions {
  readonly version: string;
  readonly env?: Record<string, string>;
  readonly modules?: string;
  readonly role?: string;
  readonly isThere?: boolean;
}

/**
 * A program of test/applications/python. With the argument `init` it makes its database, else it starts a server. `modules`: a folder of
 * more modules. `role`: an argument before that. `isThere`: the database has been made.
 */
export async function preparePython(
  out: string,
  file: string,
  { version, env: own = {}, modules, role, isThere = false }: PythonOptions,
): Promise<Prepared> {
  const started = python(resolve("test/applications/python", file), ...(role === undefined ? [] : [role]));
  const PYTHONPATH = [started.env?.PYTHONPATH, modules].filter((folder) => folder !== undefined).join(":");
  const env = { ...started.env, ...own, PYTHONPATH, DATABASE: join(out, "db.sqlite") };
  const [program = "", ...args] = started.argv;
  if (isThere) return { version, command: () => ({ argv: started.argv, env }) };
  await promisify(execFile)(program, [...args, "init"], {
    env: { ...process.env, ...env, MOOR_ISSUER: "https://shop.test", MOOR_AUDIENCE: "app" },
  });
  return { version, command: () => ({ argv: started.argv, env }) };
}
