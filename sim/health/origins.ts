import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNginx } from "../../test/support/node/nginx.ts";
import { startOrigin } from "../../test/support/node/origins.ts";
import { freePort } from "../../test/support/node/ports.ts";
import { startServer } from "../../test/support/node/started.ts";

/** An origin server in a process of its own. */
export interface Origin {
  readonly name: string;
  readonly port: number;
  /** Ends the process, as a crash or the end of the scenario does. */
  kill(): Promise<void>;
}

/**
 * How an origin of `origin-server.ts` fails. It answers nothing, drops half of its requests, drops HEAD, or answers as
 * Cloudflare does in its place (521: the connection was refused; 520: the connection was lost).
 */
export type Behaviour = "silent" | "flaky" | "deaf" | "cloudflare-520" | "cloudflare-521";

/** An origin of `origin-server.ts`. */
export interface ScriptedOrigin extends Origin {
  restart(): Promise<void>;
  behave(how: Behaviour): Promise<void>;
  /** How often a request such as `GET /drop` or `upgrade` has come to the origin since it started. */
  served(asked: string): Promise<number>;
}

const NAMES = ["a", "b", "c", "d", "e"];

/** Starts the given number of origins, one after the other, called a, b, and so on. */
async function startAll<Started>(count: number, start: (name: string) => Promise<Started>): Promise<Started[]> {
  const started: Started[] = [];
  for (const name of NAMES.slice(0, count)) started.push(await start(name));
  return started;
}

/** Starts origins of `origin-server.ts`, five at most. */
export function startScripted(count: number): Promise<ScriptedOrigin[]> {
  return startAll(count, async (name) => {
    const origin = await startOrigin(name, { script: new URL("origin-server.ts", import.meta.url).href });
    const control = async (path: string) => (await fetch(`${origin.url}/control/${path}`)).text();
    return {
      name,
      port: origin.port,
      kill: origin.kill,
      restart: origin.restart,
      behave: async (how) => void (await control(`behave?${how}`)),
      served: async (asked) => (JSON.parse(await control("served")) as Record<string, number>)[asked] ?? 0,
    };
  });
}

/** Starts nginx as an origin, whose `/drop` is `return 444`: it closes the connection without an answer. */
export function startDroppingNginx(count: number): Promise<Origin[]> {
  return startAll(count, async (name) => {
    const port = await freePort();
    const { stop } = await startNginx(
      `server { listen 127.0.0.1:${port}; location / { return 200 "${name}"; } location /drop { return 444; } }`,
      port,
    );
    return { name, port, kill: stop };
  });
}

/** Starts uWSGI, which closes the connection when the headers of a request are larger than 4 KiB (its `buffer-size`). */
export async function startUwsgi(count: number): Promise<Origin[]> {
  const folder = await mkdtemp(join(tmpdir(), "moor-uwsgi-"));
  const app = join(folder, "app.py");
  await writeFile(
    app,
    `import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [os.environ["NAME"].encode()]
`,
  );
  return startAll(count, async (name) => {
    const port = await freePort();
    const command = ["uwsgi", "--plugin", "python3", "--http-socket", `127.0.0.1:${port}`, "--wsgi-file", app];
    const { kill } = await startServer([...command, "--need-app"], port, {
      needs: "uwsgi-core uwsgi-plugin-python3",
      env: { ...process.env, NAME: name },
    });
    return {
      name,
      port,
      async kill() {
        await kill();
        await rm(folder, { recursive: true, force: true });
      },
    };
  });
}
