import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "./started.ts";

/** A real Apache (Debian: apache2-bin). */
export interface RunningApache {
  stop(): Promise<void>;
}

/** The modules that serve files, compressed or not. */
const MODULES = ["mpm_event", "authz_core", "mime", "filter", "deflate", "brotli"];

/**
 * Starts Apache on a port of loopback with this configuration, whose modules are loaded already. It is a single process
 * with threads.
 */
export async function startApache(configuration: string, port: number): Promise<RunningApache> {
  const folder = await mkdtemp(join(tmpdir(), "moor-apache-"));
  const file = join(folder, "apache.conf");
  const load = (name: string) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
  await writeFile(
    file,
    `${MODULES.map(load).join("\n")}
ServerName localhost
Listen 127.0.0.1:${port}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
TypesConfig /dev/null
${configuration}
`,
  );
  const apache = await startServer(["apache2", "-X", "-f", file], port, { needs: "apache2-bin" });
  return {
    async stop() {
      await apache.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
