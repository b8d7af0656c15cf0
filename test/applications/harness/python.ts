import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { python } from "../../sdk/python-tools.ts";
import type { Prepared } from "./application.ts";

/** A program of test/applications/python. With the argument `init` it makes its database, else it starts a server. `modules`: a folder of more modules. */
export async function preparePython(
  out: string,
  file: string,
  { version, env: own = {}, modules }: { version: string; env?: Record<string, string>; modules?: string },
): Promise<Prepared> {
  const started = python(resolve("test/applications/python", file));
  const PYTHONPATH = [started.env?.PYTHONPATH, modules].filter((folder) => folder !== undefined).join(":");
  const env = { ...started.env, ...own, PYTHONPATH, DATABASE: join(out, "db.sqlite") };
  const [program = "", ...args] = started.argv;
  await promisify(execFile)(program, [...args, "init"], {
    env: { ...process.env, ...env, MOOR_ISSUER: "https://shop.test", MOOR_AUDIENCE: "app" },
  });
  return { version, command: () => ({ argv: started.argv, env }) };
}
