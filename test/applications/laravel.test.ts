/** @needs php-fpm nginx php-cli php-laravel-framework */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describeApplication } from "./harness/application.suite.ts";
import type { Prepared } from "./harness/application.ts";
import { versionOf } from "./harness/debian.ts";
import { linesOf, snippetOf } from "./harness/guide.ts";
import { inNotebook } from "./harness/notebook.ts";
import { FPM_POOL, phpFpm, poolOf } from "./harness/php-fpm.ts";

const PROXIES = "app/Http/Middleware/TrustProxies.php";

describeApplication({
  ...inNotebook,
  id: "laravel",
  name: "A notebook on Laravel",
  framework: "Laravel",
  lines: [PROXIES, ".env", FPM_POOL].flatMap((file) => linesOf("laravel", file)),
  prepare,
});

async function prepare(out: string): Promise<Prepared> {
  await mkdir(join(out, "app/Http/Middleware"), { recursive: true });
  await mkdir(join(out, "bootstrap/cache"), { recursive: true });
  await mkdir(join(out, "public"));
  const body = snippetOf("laravel", PROXIES);
  await writeFile(
    join(out, PROXIES),
    `<?php\nnamespace App\\Http\\Middleware;\nclass TrustProxies extends \\Illuminate\\Http\\Middleware\\TrustProxies\n{\n${body}}\n`,
  );
  await writeFile(
    join(out, "public/index.php"),
    `<?php require '${resolve("test/applications/laravel/public.php")}';\n`,
  );
  const dotEnv = snippetOf("laravel", ".env").replace(/^(\w+)=(.*)$/gm, "env[$1] = $2");
  const own = `env[PROJECT] = ${out}\nenv[MOOR_PHP] = ${resolve("sdk/php")}\n`;
  return {
    version: await versionOf("php-laravel-framework"),
    command: (port, name) =>
      phpFpm({ folder: join(out, name), port, pages: join(out, "public"), pool: poolOf("laravel") + dotEnv + own }),
  };
}
