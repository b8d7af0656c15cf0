import { randomBytes } from "node:crypto";
import { globSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "../../sdk/conformance/drop-in.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";
import { PUBLIC_ADDRESS, snippetOf } from "./guide.ts";

/** A server of PHP-FPM behind nginx, as most sites with PHP run (Debian: php-fpm, nginx). */
export interface PhpFpm {
  /** The folder of this server alone, for its socket and its temporary files. */
  readonly folder: string;
  readonly port: number;
  /** The folder of pages. nginx sends a path that is no file to `index.php`. */
  readonly pages: string;
  /** Lines of the pool's configuration, for example `php_admin_value[…] = …`. */
  readonly pool?: string;
}

/** The file of the pool's configuration, as guides name it. */
export const FPM_POOL = "/etc/php/8.2/fpm/pool.d/www.conf";

/** The lines of a guide for the pool of PHP-FPM, with the addresses of the tests. */
export function poolOf(guide: string): string {
  const lines = snippetOf(guide, FPM_POOL)
    .replace("/path/to/sdk/php/moor-session.php", resolve("sdk/php/moor-session.php"))
    .replace(PUBLIC_ADDRESS, TEST_ISSUER)
    .replace("= site", "= app");
  return `${lines}env[MOOR_URL] = $MOOR_URL\n`;
}

/** Writes the configuration of a server, and returns its command: a shell with both programs in its group of processes. */
export async function phpFpm({ folder, port, pages, pool = "" }: PhpFpm): Promise<Command> {
  await mkdir(folder, { recursive: true });
  // PHP-FPM removes its socket when it ends, which must not be the socket of the next start.
  const socket = join(folder, `${randomBytes(4).toString("hex")}.sock`);
  await writeFile(
    join(folder, "fpm.conf"),
    `[global]
error_log = /dev/stderr
daemonize = no
[www]
listen = ${socket}
pm = static
pm.max_children = 4
catch_workers_output = yes
ping.path = /health
env[TMPDIR] = ${folder}
php_admin_value[session.save_path] = ${folder}
php_admin_value[sys_temp_dir] = ${folder}
${pool}
`,
  );
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  await writeFile(
    join(folder, "nginx.conf"),
    `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  include /etc/nginx/mime.types;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  server {
    listen 127.0.0.1:${port};
    root ${pages};
    index index.php;
    location / { try_files $uri $uri/ /index.php?$args; }
    location = /health {
      include /etc/nginx/fastcgi.conf;
      fastcgi_param SCRIPT_NAME /health;
      fastcgi_pass unix:${socket};
    }
    location ~ ^(.+\\.php)(/.*)?$ {
      try_files $1 =404;
      include /etc/nginx/fastcgi.conf;
      fastcgi_param SCRIPT_FILENAME $document_root$1;
      fastcgi_param SCRIPT_NAME $1;
      fastcgi_param PATH_INFO $2;
      fastcgi_pass unix:${socket};
    }
  }
}
`,
  );
  // PHP's version is a part of the name: php-fpm8.2.
  const [program = "php-fpm"] = globSync("/usr/sbin/php-fpm*");
  // Without -R, a test that runs as root could not start it. It opens its log by a name, which a socket does not have, so `cat` gives it a pipe.
  // It leaves the group of its parent, so the kernel ends it when its parent is killed.
  const fpm = 'setpriv --pdeathsig TERM "$2" -R -F -y "$1/fpm.conf" 2>&1 | cat >&2';
  const script = `(${fpm}) & exec nginx -p "$1" -c "$1/nginx.conf" -e stderr`;
  return { argv: ["/bin/sh", "-c", script, "sh", folder, program] };
}
