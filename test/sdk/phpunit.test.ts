/** @needs phpunit */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the tests of the package for PHP pass in PHPUnit", async () => {
  const { stdout } = await promisify(execFile)("phpunit", [], { cwd: "sdk/php" });
  expect(stdout).toMatch(/^OK \(/m);
});
