/** @needs ruby-sinatra */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the tests of the gem pass", async () => {
  const all = 'Dir["./test/*_test.rb"].sort.each { |file| require file }';
  const { stdout } = await promisify(execFile)("ruby", ["-Ilib", "-e", all], { cwd: "sdk/ruby" });
  expect(stdout).toMatch(/^[1-9]\d+ runs, \d+ assertions, 0 failures, 0 errors, 0 skips$/m);
});
