/** @quick */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { newKeys } from "../../bin/keys.ts";
import { createDebugCheck } from "../../src/inbound/token/debug-token.ts";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import { moor } from "./project.ts";

async function keysFile() {
  const folder = await mkdtemp(join(tmpdir(), "moor-debug-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const keys = await newKeys();
  const file = join(folder, "keys.json");
  await writeFile(file, JSON.stringify(keys));
  const ring = parseKeyRing(keys.MOOR_TOKEN_KEYS, "MOOR_TOKEN_KEYS");
  return { file, ring, check: createDebugCheck(ring) };
}

describe("moor debug-token", () => {
  it("prints a token alone that is taken for an hour, and tells until when", async () => {
    const { file, check } = await keysFile();
    const { code, stdout, stderr } = await moor("debug-token", "--from", file);
    const token = stdout.trimEnd();
    expect([code, stdout]).toEqual([0, `${token}\n`]);
    expect(stderr).toMatch(/^valid until 20\d\d-\d\d-\d\dT[\d:.]+Z, in the header Moor-Debug\n$/);
    const minutes = (count: number) => Date.now() + count * 60_000;
    expect([await check(token, minutes(59)), await check(token, minutes(61))]).toEqual([true, false]);
  });

  it("makes it last as long as it is told to", async () => {
    const { file, check } = await keysFile();
    const { stdout } = await moor("debug-token", "--from", file, "--minutes", "1440");
    expect(await check(stdout.trimEnd(), Date.now())).toBe(true);
  });

  it.each([
    [["--minutes", "0"], '--minutes: found "0", accepted: 1 to 1440'],
    [["--minutes", "1441"], '--minutes: found "1441", accepted: 1 to 1440'],
    [["--minutes", "1h"], '--minutes: found "1h", accepted: 1 to 1440'],
    [["--from", "nowhere.json"], "nowhere.json: cannot be read"],
  ])("refuses %j", async (args, message) => {
    expect(await moor("debug-token", ...args)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: `moor debug-token: ${message}\n`,
    });
  });
});
