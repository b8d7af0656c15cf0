import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { describeWithPython, PYTHON, sourceOf } from "./python-tools.ts";

const run = promisify(execFile);

describeWithPython(() => {
  it("the package's own tests pass", async () => {
    const { stderr } = await run(PYTHON, ["-B", "-m", "unittest", "discover", "-b", "-s", "tests", "-t", "."], {
      cwd: "sdk/python",
    });
    expect(stderr).toMatch(/^Ran [1-9]\d+ tests in .+\n\nOK$/m);
  });

  it("Django's own tests of session engines pass, except the four tests that the README names", async () => {
    const suite = ["-B", "-m", "tests.django_suite", sourceOf("django", "5.2.19")];
    const { stdout } = await run(PYTHON, suite, { cwd: "sdk/python" });
    expect(stdout.split("\n").map((line) => line.split(":")[0])).toEqual([
      "- test_cycle",
      "- test_cycle_async",
      "- test_save",
      "- test_save_async",
      "5.2.19",
      "",
    ]);
    expect(stdout).toContain("5.2.19: 61 passed, 4 failed");
  });
});
