import { execFile } from "node:child_process";
import { cp, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { TEST_ISSUER } from "../../support/node/workerd.ts";
import type { Prepared } from "../harness/application.ts";
import { versionOf } from "../harness/debian.ts";
import { snippetOf } from "../harness/guide.ts";
import { startMariaDb } from "../harness/mariadb.ts";
import { phpFpm } from "../harness/php-fpm.ts";

const FOLDER = resolve("test/applications/wordpress");

export const PASSWORD = "of alice";

/** Debian's WordPress with the lines of the guide, in a folder of its own, on PHP-FPM and nginx. `pool` is for PHP-FPM. */
export async function prepareWordPress(out: string, pool = ""): Promise<Prepared> {
  const database = await startMariaDb(out, "CREATE DATABASE wordpress");
  const pages = join(out, "wordpress");
  await cp("/usr/share/wordpress", pages, { recursive: true });
  await cp(join(FOLDER, "notes"), join(pages, "wp-content/plugins/notes"), { recursive: true });
  await writeFile(
    join(pages, "wp-config.php"),
    `<?php
define('DB_HOST', '127.0.0.1:${database.port}');
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '${database.password}');
${["AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE"].map((name) => `define('${name}_KEY', '${name} of the tests alone');`).join("\n")}
$table_prefix = 'wp_';
// A machine without a network would wait for both.
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
${snippetOf("wordpress", "wp-config.php")}
require __DIR__ . '/wp-settings.php';
`,
  );
  await promisify(execFile)("php", [join(FOLDER, "install.php"), pages, TEST_ISSUER, PASSWORD]);
  return {
    version: await versionOf("wordpress"),
    command: (port, name) => phpFpm({ folder: join(out, name), port, pages, pool }),
    stop: () => database.stop(),
  };
}
