/** @needs golang-go */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { describeDropIn } from "./conformance.suite.ts";

const exec = promisify(execFile);
const go = (...args: string[]) => exec("go", args, { cwd: "sdk/go" });

async function build(out: string): Promise<void> {
  await go("build", "-o", join(out, "server"), "./conformance");
}

describe("the module for Go", () => {
  it("passes its own tests", { timeout: 240_000 }, async () => {
    await go("test", "./...");
  });

  it("has no finding of go vet, and the format of gofmt", { timeout: 240_000 }, async () => {
    await go("vet", "./...");
    expect((await exec("gofmt", ["-l", "."], { cwd: "sdk/go" })).stdout).toBe("");
  });
});

describeDropIn({
  name: "Go, net/http",
  build,
  command: (out) => ({ argv: [join(out, "server")] }),
});

describeDropIn({
  name: "Go, gorilla/sessions",
  build,
  command: (out) => ({ argv: [join(out, "server")], env: { STORE: "gorilla" } }),
});
