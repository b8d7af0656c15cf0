import { globSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "../../sdk/conformance/drop-in.ts";

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

/** Writes the configuration of a server, and returns its command: a shell with both programs in its group of processes. */
export async function phpFpm({ folder, port, pages, pool = "" }: PhpFpm): Promise<Command> {
  await mkdir(folder, { recursive: true });
  const socket = join(folder, "fpm.sock");
  await writeFile(
    join(folder, "fpm.conf"),
    `[global]
error_log = ${join(folder, "fpm.log")}
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
  // Without -R, a test that runs as root could not start it.
  const script = 'rm -f "$1/fpm.sock"; "$2" -R -F -y "$1/fpm.conf" & exec nginx -p "$1" -c "$1/nginx.conf" -e stderr';
  return { argv: ["/bin/sh", "-c", script, "sh", folder, program] };
}
