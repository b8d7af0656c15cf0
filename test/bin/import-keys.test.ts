/** @quick */
import { execFile } from "node:child_process";
import { describe, expect, it } from "vitest";
import { deriveExpressKey, deriveIronKey, deriveNextAuthKey } from "../../src/old-formats/derive.ts";
import type { Ran } from "./project.ts";

const SECRET = "a secret of at least thirty-two characters";
const OTHER = "another secret of at least thirty-two characters";

/** Runs `moor import` with these variables, and with this text at its prompt. */
function importKeys(args: string[], variables: Record<string, string> = {}, typed?: string): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...variables };
    const running = execFile(process.execPath, ["bin/moor.js", "import", ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
    running.stdin?.end(typed);
  });
}

describe("moor import express, iron-session and next-auth", () => {
  it("print the derived keys of a secret in the environment, and the command that sets them", async () => {
    const { code, stdout, stderr } = await importKeys(["express", "--env", "NEW", "--env", "OLD"], {
      NEW: SECRET,
      OLD: OTHER,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const ring = `1:${deriveExpressKey(SECRET)},2:${deriveExpressKey(OTHER)}`;
    expect(stdout).toBe(`MOOR_EXPRESS_KEYS=${ring}\n  npx wrangler secret put MOOR_EXPRESS_KEYS\n`);
    expect(stdout).not.toContain(Buffer.from(SECRET).toString("base64url").slice(0, 20));
  });

  it("keep the ids of the passwords of iron-session", async () => {
    const { stdout } = await importKeys(["iron-session", "--env", "2=NEW", "--env", "1=OLD", "--json"], {
      NEW: SECRET,
      OLD: OTHER,
    });
    expect(JSON.parse(stdout)).toEqual({ MOOR_IRON_KEYS: `2:${deriveIronKey(SECRET)},1:${deriveIronKey(OTHER)}` });
  });

  it("derive a key for next-auth 4, and a key for each cookie of Auth.js", async () => {
    const { stdout } = await importKeys(["next-auth", "--env", "SECRET", "--cookie", "shop", "--json"], { SECRET });
    const keys = [await deriveNextAuthKey(SECRET), await deriveNextAuthKey(SECRET, "shop")];
    expect(JSON.parse(stdout)).toEqual({ MOOR_NEXT_AUTH_KEYS: `1:${keys[0]},2:${keys[1]}` });
  });

  it("ask for the secret without one in the environment, and do not repeat it", async () => {
    const { code, stdout, stderr } = await importKeys(["express"], {}, `${SECRET}\n`);
    expect(code).toBe(0);
    expect(stdout).toContain(`MOOR_EXPRESS_KEYS=1:${deriveExpressKey(SECRET)}\n`);
    expect(stderr).toBe("The secret of the old application, from which MOOR_EXPRESS_KEYS is derived: \n");
  });

  it.each([
    [
      "a secret as an argument, and does not print it",
      ["express", "--env", "keyboard cat"],
      /--env: accepted: NAME or ID=NAME/,
    ],
    ["a variable that is not set", ["express", "--env", "UNSET"], /found no secret in the variable "UNSET"/],
    ["a password that iron-session refuses", ["iron-session", "--env", "SHORT"], /at least 32 characters/],
    ["an id that two passwords have", ["iron-session", "--env", "1=LONG", "--env", "1=LONG"], /an id is given twice/],
    [
      "a cookie for keys that depend on none",
      ["express", "--env", "LONG", "--cookie", "sid"],
      /--cookie: accepted with next-auth alone/,
    ],
  ])("refuse %s", async (_name, args, refusal) => {
    const { code, stdout, stderr } = await importKeys(args, { SHORT: "short", LONG: SECRET });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(refusal);
    expect(stderr).not.toContain("keyboard");
  });
});
