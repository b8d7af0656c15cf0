/** @quick */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { moor } from "./project.ts";

const DEV_FLAGS = "--origin, --port, --config, --watch, --no-watch, --public-url, --store, --help";

describe("moor", () => {
  it("tells its commands with --help", async () => {
    const { code, stdout, stderr } = await moor("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const command of ["init", "dev", "check", "keys", "deploy", "import", "pool"])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} +\\w`, "m"));
  });

  it.each([
    ["dev", ["--origin", "--port", "--config"]],
    ["check", ["--config", "--deploy", "--json"]],
    ["keys", ["--from", "--ring", "--json"]],
    ["deploy", ["--dry-run"]],
    ["import", ["--one-address", "--out"]],
    ["pool", ["--pool", "--deadline", "--at", "--url", "--json"]],
  ])("tells the flags of %s with --help", async (command, flags) => {
    const { code, stdout, stderr } = await moor(command, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^moor ${command} `));
    for (const flag of flags) expect(stdout).toContain(flag);
    expect(await moor(command, "-h")).toMatchObject({ code: 0, stdout });
  });

  it("tells its version", async () => {
    const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
    expect(await moor("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("says which Node its source needs, under a Node that does not know TypeScript", async () => {
    const started = promisify(execFile)(process.execPath, ["--no-strip-types", "bin/moor.js", "--version"]);
    await expect(started).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: `moor: needs Node.js 22.18 or newer, this is ${process.versions.node}; "npm run moor" brings its own\n`,
    });
  });
});

describe("a wrong argument is reported in one line on stderr, with exit code 2:", () => {
  it.each<[string[], string]>([
    [
      [],
      "moor: no command is given, accepted: init, dev, check, keys, debug-token, deploy, serve, import, pool, redis-bridge, --help, --version",
    ],
    [
      ["toString"],
      'moor: unknown command "toString", accepted: init, dev, check, keys, debug-token, deploy, serve, import, pool, redis-bridge, --help, --version',
    ],
    [["dev", "--prot", "1"], `moor dev: unknown flag "--prot", accepted: ${DEV_FLAGS}`],
    [["dev", "-p", "1"], `moor dev: unknown flag "-p", accepted: ${DEV_FLAGS}`],
    [["dev", "--toString"], `moor dev: unknown flag "--toString", accepted: ${DEV_FLAGS}`],
    [["dev", "9001"], `moor dev: unexpected argument "9001", accepted: ${DEV_FLAGS}`],
    [["dev", "http://user:secret@a"], `moor dev: unexpected argument "http://***@a", accepted: ${DEV_FLAGS}`],
    [["dev", "--", "x"], `moor dev: unexpected argument "--", accepted: ${DEV_FLAGS}`],
    [["dev", "--port"], "moor dev: --port needs a value"],
    [["dev", "--port", "--config", "x"], "moor dev: --port needs a value"],
    [["dev", "--port", "1", "--port", "2"], "moor dev: --port is given twice"],
    [["dev", "--port", "65536"], 'moor dev: --port: found "65536", accepted: 1 to 65535, or 0 for any free port'],
    [["dev", "--port", "0x10"], 'moor dev: --port: found "0x10", accepted: 1 to 65535, or 0 for any free port'],
    [["dev", "--port="], 'moor dev: --port: found "", accepted: 1 to 65535, or 0 for any free port'],
    [["dev", "--port=-1"], 'moor dev: --port: found "-1", accepted: 1 to 65535, or 0 for any free port'],
    [["dev", "--origin", "http://a", "--config", "x"], "moor dev: either --origin or --config, not both"],
    [["check", "--json=yes"], "moor check: --json takes no value"],
    [["keys"], "moor keys: no action is given, accepted: new, adopt, client, list, retire"],
    [["keys", "rotate"], 'moor keys: unknown action "rotate", accepted: new, adopt, client, list, retire'],
    [["keys", "new", "--jsn"], 'moor keys: unknown flag "--jsn", accepted: --from, --json, --ring, --help'],
  ])("%j", async (args, line) => {
    expect(await moor(...args)).toMatchObject({ code: 2, stdout: "", stderr: `${line}\n` });
  });

  it.each(["ftp://a", "127.0.0.1:9001", "http://", "http://a/?x", "http://user:secret@a"])(
    "--origin %s",
    async (url) => {
      const { code, stdout, stderr } = await moor("dev", "--origin", url);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^moor dev: --origin: found ".+", accepted: http:\/\/ or https:\/\/ with a host, .+\n$/);
      expect(stderr).not.toContain("secret");
    },
  );
});
