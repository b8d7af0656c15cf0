import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "./started.ts";

/** A real nginx (Debian: nginx). */
export interface RunningNginx {
  /** Its configuration. */
  readonly file: string;
  stop(): Promise<void>;
}

/**
 * Starts nginx with the inside of an `http` block. It takes the client's address from `CF-Connecting-IP`, as an nginx
 * behind Cloudflare does. It is a single process, because two workers could disagree on the state of a server.
 *
 * @param port a port on which it listens.
 */
export async function startNginx(http: string, port: number): Promise<RunningNginx> {
  const folder = await mkdtemp(join(tmpdir(), "moor-nginx-"));
  const file = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  await writeFile(
    file,
    `daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  set_real_ip_from 127.0.0.1;
  real_ip_header CF-Connecting-IP;
  keepalive_requests 100000;
${http}
}
`,
  );
  const command = ["nginx", "-p", folder, "-c", file, "-e", join(folder, "error.log")];
  const nginx = await startServer(command, port, { needs: "nginx" });
  return {
    file,
    async stop() {
      await nginx.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
