/** @quick */
import { webcrypto } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Keys } from "../../bin/keys.ts";
import { readLocalKeys } from "../../bin/local-keys.ts";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import { moor } from "./project.ts";

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

async function freshKeys(): Promise<Keys> {
  return JSON.parse((await moor("keys", "new", "--json")).stdout) as Keys;
}

describe("moor keys new", () => {
  it("prints each secret and the command that sets it", async () => {
    const { code, stdout, stderr } = await moor("keys", "new");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of ["MOOR_TOKEN_KEYS", "MOOR_HANDOFF_KEYS", "MOOR_STORE_KEYS"]) {
      expect(stdout).toMatch(new RegExp(`^${name}=1:[A-Za-z0-9_-]+\n {2}npx wrangler secret put ${name}$`, "m"));
    }
  });

  it.each(["MOOR_TOKEN_KEYS", "MOOR_STORE_KEYS"] as const)("makes %s of 32 bytes", async (name) => {
    const { [name]: ring } = await freshKeys();
    expect(parseKeyRing(ring, name)).toMatchObject([{ id: 1, secret: { length: 32 } }]);
  });

  it("prints the secrets that wrangler.toml requires for a deploy", async () => {
    const { unstable_readConfig: readConfig } = await import("wrangler");
    expect(readConfig({ config: "wrangler.toml" }).secrets?.required).toEqual(Object.keys(await freshKeys()));
  });

  it("makes handoff keys that sign ES256", async () => {
    const { MOOR_HANDOFF_KEYS } = await freshKeys();
    const [{ id, secret }] = parseKeyRing(MOOR_HANDOFF_KEYS, "MOOR_HANDOFF_KEYS");
    const key = await webcrypto.subtle.importKey("pkcs8", secret, ES256, true, ["sign"]);
    const { d: _, key_ops: __, ...publicJwk } = await webcrypto.subtle.exportKey("jwk", key);
    const verifier = await webcrypto.subtle.importKey("jwk", publicJwk, ES256, false, ["verify"]);
    const signature = await webcrypto.subtle.sign(ES256, key, Buffer.from("handoff"));
    expect(id).toBe(1);
    expect(await webcrypto.subtle.verify(ES256, verifier, signature, Buffer.from("handoff"))).toBe(true);
  });

  it("never makes the same twice", async () => {
    const rings = (await Promise.all([freshKeys(), freshKeys()])).flatMap((keys) => Object.values(keys));
    expect(new Set(rings).size).toBe(6);
  });
});

describe("moor keys client", () => {
  it("prints a ring for sessions in cookies, which the other actions take along", async () => {
    const { stdout } = await moor("keys", "client");
    expect(stdout).toMatch(/^MOOR_CLIENT_KEYS=1:[\w-]{43}\n {2}npx wrangler secret put MOOR_CLIENT_KEYS$/m);
    const client = JSON.parse((await moor("keys", "client", "--json")).stdout) as Partial<Keys>;
    const folder = await mkdtemp(join(tmpdir(), "moor-keys-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "keys.json");
    await writeFile(file, JSON.stringify({ ...(await freshKeys()), ...client }));
    const added = await moor("keys", "new", "--from", file, "--ring", "client", "--json");
    const { MOOR_CLIENT_KEYS = "" } = JSON.parse(added.stdout) as Keys;
    expect(parseKeyRing(MOOR_CLIENT_KEYS, "MOOR_CLIENT_KEYS").map(({ id }) => id)).toEqual([1, 2]);
    expect(MOOR_CLIENT_KEYS.startsWith(`${client.MOOR_CLIENT_KEYS},`)).toBe(true);
  });
});

describe("moor keys, on rings that there are", () => {
  async function ringsFile(rings: object): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "moor-rings-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "keys.json");
    await writeFile(file, JSON.stringify(rings));
    return file;
  }
  const idsIn = (ring: string) => ring.split(",").map((entry) => Number(entry.split(":")[0]));

  it("new adds a key behind the key that signs, and names the next step", async () => {
    const before = await freshKeys();
    const { code, stdout, stderr } = await moor("keys", "new", "--from", await ringsFile(before), "--json");
    const after = JSON.parse(stdout) as Keys;
    expect(code).toBe(0);
    for (const [name, ring] of Object.entries(after)) {
      expect(idsIn(ring)).toEqual([1, 2]);
      expect(ring.startsWith(before[name as keyof Keys])).toBe(true);
    }
    expect(stderr).toContain("token: key 2 is new and accepted; 1 signs");
    expect(stderr).toContain("retire the old key");
  });

  it("new adds a key to the named ring alone, with the command that sets the ring", async () => {
    const file = await ringsFile(await freshKeys());
    const { stdout } = await moor("keys", "new", "--from", file, "--ring", "store");
    expect(stdout).toMatch(/^MOOR_STORE_KEYS=1:[\w-]+,2:[\w-]+\n {2}npx wrangler secret put MOOR_STORE_KEYS\n\n?$/);
  });

  it("list names the use of each key, and shows no key", async () => {
    const rings = await freshKeys();
    const file = await ringsFile({ ...rings, MOOR_TOKEN_KEYS: `7:${"A".repeat(43)},${rings.MOOR_TOKEN_KEYS}` });
    const { stdout } = await moor("keys", "list", "--from", file);
    expect(stdout).toContain("token (MOOR_TOKEN_KEYS): 7 signs, 1 accepted");
    expect(stdout).toContain("handoff (MOOR_HANDOFF_KEYS): 1 signs\n");
    for (const ring of Object.values(rings)) expect(stdout).not.toContain(ring.slice(2, 12));
  });

  it("retire takes a key from signing to accepting, and from there out", async () => {
    const rings = await freshKeys();
    const two = { ...rings, MOOR_TOKEN_KEYS: `${rings.MOOR_TOKEN_KEYS},2:${"A".repeat(43)}` };
    const once = await moor("keys", "retire", "1", "--ring", "token", "--from", await ringsFile(two), "--json");
    expect(idsIn(JSON.parse(once.stdout).MOOR_TOKEN_KEYS)).toEqual([2, 1]);
    expect(once.stderr).toContain("2 signs; key 1 is still accepted");
    const twice = await moor(
      "keys",
      "retire",
      "1",
      "--ring",
      "token",
      "--from",
      await ringsFile(JSON.parse(once.stdout)),
    );
    expect(twice.stdout).toMatch(/^MOOR_TOKEN_KEYS=2:A+\n {2}npx wrangler secret put MOOR_TOKEN_KEYS/);
  });

  it.each<[string, string[]]>([
    ["a key that there is not", ["retire", "9", "--ring", "token"]],
    ["the only key", ["retire", "1", "--ring", "token"]],
    ["no id", ["retire", "--ring", "token"]],
    ["no ring", ["retire", "1"]],
    ["a ring that there is not", ["retire", "1", "--ring", "admin"]],
    ["nothing to do", []],
    ["an unknown action", ["drop"]],
  ])("refuse %s", async (_what, args) => {
    const { code, stdout, stderr } = await moor("keys", ...args, "--from", await ringsFile(await freshKeys()));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).not.toBe("");
  });

  it.each([
    ["is not there", undefined],
    ["is no JSON", "{S3CRET"],
    ["lacks a ring", '{"MOOR_TOKEN_KEYS":"1:S3CRET"}'],
  ])("refuse a file that %s, and quote nothing of it", async (_what, text) => {
    const file = await ringsFile({});
    if (text === undefined) await rm(file);
    else await writeFile(file, text);
    const { code, stderr } = await moor("keys", "list", "--from", file);
    expect(code).toBe(2);
    expect(stderr).not.toContain("S3CRET");
  });
});

describe("local keys", () => {
  async function keysFile(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "moor-keys-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    return join(folder, "moor", "keys.json");
  }

  it("are made once, for their owner's eyes alone", async () => {
    const file = await keysFile();
    const made = await readLocalKeys(file);
    expect(await readLocalKeys(file)).toEqual(made);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("are the same for all that start at once", async () => {
    const file = await keysFile();
    const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => readLocalKeys(file)));
    for (const other of others) expect(other).toEqual(first);
  });

  it("of a file that lacks store keys are completed, and else stay as they are", async () => {
    const file = await keysFile();
    const { MOOR_STORE_KEYS: _, ...before } = await readLocalKeys(file);
    await writeFile(file, JSON.stringify({ ...before, note: "mine" }), { mode: 0o644 });
    const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => readLocalKeys(file)));
    expect(first).toEqual({ ...before, MOOR_STORE_KEYS: expect.any(String) });
    expect(parseKeyRing(first?.MOOR_STORE_KEYS, "MOOR_STORE_KEYS")).toMatchObject([{ id: 1, secret: { length: 32 } }]);
    expect(Object.values(before)).not.toContain(first?.MOOR_STORE_KEYS);
    for (const other of others) expect(other).toEqual(first);
    expect(await readLocalKeys(file)).toEqual(first);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ ...first, note: "mine" });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(dirname(file))).toEqual(["keys.json"]);
  });

  it("of two files that lack store keys are completed differently", async () => {
    const completed = async () => {
      const file = await keysFile();
      const { MOOR_STORE_KEYS: _, ...before } = await readLocalKeys(file);
      await writeFile(file, JSON.stringify(before));
      return (await readLocalKeys(file)).MOOR_STORE_KEYS;
    };
    expect(await completed()).not.toBe(await completed());
  });

  it("are told to be damaged, and are left as they are", async () => {
    const file = await keysFile();
    const good = await readLocalKeys(file);
    const damaged = [
      "",
      "null",
      JSON.stringify(good).slice(0, -9),
      JSON.stringify({ MOOR_TOKEN_KEYS: good.MOOR_TOKEN_KEYS }),
      JSON.stringify({ ...good, MOOR_TOKEN_KEYS: "1:c2hvcnQ" }),
      JSON.stringify({ ...good, MOOR_HANDOFF_KEYS: good.MOOR_TOKEN_KEYS }),
      JSON.stringify({ ...good, MOOR_STORE_KEYS: "" }),
      JSON.stringify({ ...good, MOOR_STORE_KEYS: null }),
      JSON.stringify({ ...good, MOOR_TOKEN_KEYS: "1:c2hvcnQ", MOOR_STORE_KEYS: undefined }),
    ];
    for (const text of damaged) {
      await writeFile(file, text);
      const failure: unknown = await readLocalKeys(file).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "CommandError", code: "keys" });
      expect(String(failure)).toMatch(/keys\.json is damaged; delete it for new keys/);
      expect(String(failure)).not.toContain(good.MOOR_TOKEN_KEYS.slice(0, 12));
      expect(await readFile(file, "utf8")).toBe(text);
    }
  });
});
