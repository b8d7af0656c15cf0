/** @needs phpunit */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";

it("the tests of the package for PHP pass in PHPUnit", async () => {
  const folder = await mkdtemp(join(tmpdir(), "moor-phpunit-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const env = { ...process.env, TMPDIR: folder };
  const { stdout } = await promisify(execFile)("phpunit", [], { cwd: "sdk/php", env });
  expect(stdout).toMatch(/^OK \(/m);
});
