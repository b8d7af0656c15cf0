/** @needs php-fpm nginx php-cli php-symfony-framework-bundle php-symfony-security-bundle php-symfony-yaml */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describeApplication } from "./harness/application.suite.ts";
import type { Prepared } from "./harness/application.ts";
import { versionOf } from "./harness/debian.ts";
import { linesOf, snippetOf } from "./harness/guide.ts";
import { inNotebook } from "./harness/notebook.ts";
import { FPM_POOL, phpFpm, poolOf } from "./harness/php-fpm.ts";

const FILES = ["config/packages/framework.yaml", "config/services.yaml"];

describeApplication({
  ...inNotebook,
  id: "symfony",
  name: "A notebook on Symfony",
  framework: "Symfony",
  lines: [...FILES, FPM_POOL].flatMap((file) => linesOf("symfony", file)),
  prepare,
});

async function prepare(out: string): Promise<Prepared> {
  await mkdir(join(out, "config/packages"), { recursive: true });
  await mkdir(join(out, "public"));
  for (const file of FILES) await writeFile(join(out, file), snippetOf("symfony", file));
  await writeFile(
    join(out, "public/index.php"),
    `<?php require '${resolve("test/applications/symfony/public.php")}';\n`,
  );
  const own = `env[PROJECT] = ${out}\nenv[MOOR_PHP] = ${resolve("sdk/php")}\n`;
  return {
    version: await versionOf("php-symfony-security-bundle"),
    command: (port, name) =>
      phpFpm({ folder: join(out, name), port, pages: join(out, "public"), pool: poolOf("symfony") + own }),
  };
}
