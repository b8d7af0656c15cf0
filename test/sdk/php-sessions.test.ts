/** @needs php-cli */
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { JsonObject } from "../../src/sdk/origin/json.ts";
import { type Server, startServer } from "./conformance/drop-in.ts";
import { type FakeMoor, startFakeMoor } from "./conformance/fake-moor.ts";
import { newSigningKey, signJwt } from "./conformance/signer.ts";
import { directServer, patched } from "./conformance/world.ts";

/** A value of `serialize()` as the drop-in tags it. */
const tagged = (serialized: string) => ({ $php: Buffer.from(serialized, "latin1").toString("base64") });

let folder: string;
let fake: FakeMoor;
let server: Server;

/** Starts PHP's own server with these pages. Its folder for temporary files is its own. */
async function start(temporary: string, ...settings: string[]): Promise<Server> {
  const dropIn = {
    name: "PHP",
    command: (_out: string, port: number) => ({
      argv: [
        "php",
        ...["-d", `auto_prepend_file=${resolve("sdk/php/moor-session.php")}`],
        ...["output_buffering=4096", "display_errors=0", "apc.enabled=0", ...settings].flatMap((setting) => [
          "-d",
          setting,
        ]),
        ...["-S", `127.0.0.1:${port}`, "-t", resolve("test/sdk/php-pages")],
      ],
      env: { TMPDIR: temporary },
    }),
  };
  return startServer(dropIn, "", { MOOR_ISSUER: fake.issuer, MOOR_AUDIENCE: fake.audience, MOOR_URL: fake.url });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "moor-php-"));
  fake = await startFakeMoor();
  server = await start(folder);
});
afterAll(async () => {
  await server?.kill();
  await fake?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Asks for a page with these attributes in the handoff, and with a cookie of PHP. */
async function ask(
  path: string,
  data: JsonObject = {},
  { cookie, of = server }: { cookie?: string; of?: Server } = {},
) {
  const handoff = fake.handoff({ data });
  const headers: Record<string, string> = cookie === undefined ? {} : { Cookie: cookie };
  fake.takeCalls();
  const answer = await directServer(of).ask(path, { handoff, headers });
  return { ...answer, after: patched(data, answer), calls: fake.takeCalls() };
}

describe("a page of PHP", () => {
  it.each([
    ["/closes-early", "closes the session before it writes"],
    ["/redirects", "redirects without any text"],
    ["/exits", "exits in the middle"],
    ["/throws", "fails"],
    ["/changes-at-shutdown", "changes the session in a function of its shutdown"],
    ["/own-callback", "has a callback of its own for the headers"],
  ])("%s sends its changes with the headers: it %s", async (path) => {
    const { after, calls } = await ask(path);
    expect(after).toMatchObject({ a: 1 });
    expect(calls).toEqual([]);
  });

  it("sends all changes of a session that is started twice", async () => {
    expect((await ask("/starts-twice")).after).toMatchObject({ a: 1, b: 2 });
  });

  it.each(["/aborts", "/reads-and-closes"])("%s changes nothing", async (path) => {
    const { status, moor } = await ask(path, { b: 1 });
    expect([status, moor]).toEqual([200, {}]);
  });

  it("removes all values by session_unset", async () => {
    const { after } = await ask("/unset", { a: 1, b: { c: 1 }, $PHPSESSID: "id" });
    expect(after).not.toHaveProperty("a");
    expect(after).not.toHaveProperty("b");
  });

  it("stores a value that was sent with the headers and taken back after them", async () => {
    fake.session = { version: 5, attributes: { a: 1 } };
    const { after, calls } = await ask("/takes-back", { a: 1, $PHPSESSID: "id" });
    expect(after).toMatchObject({ a: 2 });
    expect(calls).toMatchObject([{ method: "PATCH", body: { a: 1 } }]);
  });

  it("stores a large change by the session API before the headers of a page without text", async () => {
    fake.session = { version: 5, attributes: {} };
    const { status, moor, calls } = await ask("/large");
    expect([status, moor]).toEqual([303, { "moor-version": "6" }]);
    expect(calls).toMatchObject([{ method: "PATCH", body: { a: "x".repeat(20_000) } }]);
    fake.session = undefined;
    expect((await ask("/large")).status).toBe(503);
  });

  it("counts the other headers of a response, which nginx counts too", async () => {
    fake.session = { version: 5, attributes: {} };
    const { moor, calls } = await ask("/many-headers");
    expect(moor).toEqual({ "moor-version": "6" });
    expect(calls).toMatchObject([{ method: "PATCH", body: { a: "x".repeat(600) } }]);
  });

  it("fails when PHP cannot serialize a value", async () => {
    const { status, moor } = await ask("/closure");
    expect(status).toBe(500);
    expect(moor).toEqual({});
  });

  it("logs in a user without a session of PHP", async () => {
    const { moor, text } = await ask("/logs-in");
    expect([moor, text]).toEqual([{ "moor-principal": "alice" }, "alice"]);
  });

  it("writes a line into the log for a login after the headers, which cannot be stored", async () => {
    const { moor, calls } = await ask("/logs-in-late");
    expect([moor, calls]).toEqual([{}, []]);
    await expect.poll(() => server.output()).toContain("a login and its changes go with the headers");
  });

  it("knows the user of the handoff", async () => {
    const handoff = fake.handoff({ sub: "Zo%C3%AB" });
    expect((await directServer(server).ask("/user", { handoff })).text).toBe("Zoë");
    expect((await ask("/user")).text).toBe("nobody");
  });
});

describe("values of PHP", () => {
  it("are the same object in both places that held it", async () => {
    const { after } = await ask("/shared");
    expect((await ask("/reads-shared", after)).text).toBe('[true,1,"x"]');
  });

  it("keep the order of an array's members", async () => {
    const { after } = await ask("/reorders", { a: { x: 1, y: 2 } });
    expect(after.a).toEqual(tagged('a:2:{s:1:"y";i:2;s:1:"x";i:1;}'));
  });
});

describe("the id of a session", () => {
  const cookieOf = (setCookies: readonly string[]) => setCookies.map((line) => line.split(";")[0]);

  it("is stored with the first change, and is accepted on every server", async () => {
    const first = await ask("/closes-early");
    const id = first.after.$PHPSESSID as string;
    expect(cookieOf(first.setCookies)).toEqual([`PHPSESSID=${id}`]);
    const second = await ask("/id", first.after, { cookie: `PHPSESSID=${id}` });
    expect([second.text, second.setCookies]).toEqual([id, []]);
  });

  it("is given again to a visitor without the cookie of PHP", async () => {
    const { text, setCookies } = await ask("/id", { a: 1, $PHPSESSID: "known" });
    expect([text, cookieOf(setCookies)]).toEqual(["known", ["PHPSESSID=known"]]);
  });

  it("is not taken from a cookie that somebody has planted", async () => {
    for (const data of [{ a: 1, $PHPSESSID: "known" }, {}]) {
      const { text } = await ask("/id", data, { cookie: "PHPSESSID=planted" });
      expect(text).not.toBe("planted");
    }
  });

  it("changes by session_regenerate_id, and rotates Moor's session once", async () => {
    const { after, text, moor } = await ask(
      "/regenerates-twice",
      { $PHPSESSID: "known" },
      { cookie: "PHPSESSID=known" },
    );
    expect(after).toEqual({ a: 1, $PHPSESSID: text });
    expect(text).not.toBe("known");
    expect(moor).toMatchObject({ "moor-rotate": "1" });
  });
});

describe("sessions of several names", () => {
  it("keep their values apart", async () => {
    const { after } = await ask("/both-names");
    expect(after).toEqual({ a: 1, $PHPSESSID: expect.any(String), "$other:a": 2, $other: expect.any(String) });
    expect((await ask("/other-name", after)).text).toBe('{"a":2}');
  });

  it("keep their ids when a page opens one after the other", async () => {
    const { after, moor } = await ask("/both-names", { a: 0, $PHPSESSID: "one", "$other:a": 0, $other: "two" });
    expect(after).toEqual({ a: 1, $PHPSESSID: "one", "$other:a": 2, $other: "two" });
    expect(moor).not.toHaveProperty("moor-rotate");
  });

  it("rotate Moor's session, and do not end it, when one of them is destroyed", async () => {
    const { after, moor } = await ask("/destroys-other-name", { a: 1, $PHPSESSID: "id", "$other:a": 2, $other: "id" });
    expect(after).toEqual({ a: 1, $PHPSESSID: "id" });
    expect(moor).toMatchObject({ "moor-rotate": "1" });
    expect(moor).not.toHaveProperty("moor-end");
  });
});

describe("Moor's keys", () => {
  it("are read once for all requests, and kept in a file", async () => {
    const reads = fake.keyReads();
    for (let request = 0; request < 3; request++) await ask("/id");
    expect(fake.keyReads()).toBe(reads);
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^moor-keys-.*\.json$/)]);
  });

  it("are kept in APCu where it is on", async (context) => {
    const own = await mkdtemp(join(tmpdir(), "moor-php-"));
    const withApcu = await start(own, "apc.enabled=1");
    onTestFinished(async () => {
      await withApcu.kill();
      await rm(own, { recursive: true, force: true });
    });
    context.skip(!(await directServer(withApcu).ask("/apcu")).text.includes("on"), "php-apcu is not installed");
    const reads = fake.keyReads();
    for (let request = 0; request < 3; request++) await ask("/id", {}, { of: withApcu });
    expect([fake.keyReads() - reads, await readdir(own)]).toEqual([1, []]);
  });

  it("are not taken from a file that others can write", async () => {
    const own = await mkdtemp(join(tmpdir(), "moor-php-"));
    const careful = await start(own);
    onTestFinished(async () => {
      await careful.kill();
      await rm(own, { recursive: true, force: true });
    });
    await ask("/id", {}, { of: careful });
    const [name = ""] = await readdir(own);
    const key = newSigningKey();
    const forged = { ...fake.parts(), header: { alg: "ES256", typ: "JWT", kid: key.kid } };
    const state = {
      keys: { [key.kid]: key.publicKey.export({ type: "spki", format: "pem" }) },
      freshUntil: 4e9,
      usableUntil: 4e9,
    };
    const planted = JSON.stringify({ ...state, askedAt: 0, soughtAt: 0, failed: false });
    const status = async () => (await directServer(careful).ask("/id", { handoff: signJwt(forged, key) })).status;
    await rm(join(own, name));
    await writeFile(join(own, name), planted, { mode: 0o600 });
    expect(await status()).toBe(200);
    await rm(join(own, name));
    await writeFile(join(own, name), planted);
    await chmod(join(own, name), 0o666);
    expect(await status()).toBe(403);
  });
});

it("refuses every request while a setting is missing, and names the setting", async () => {
  const withoutIssuer = await startServer(
    {
      name: "PHP",
      command: (_out, port) => ({
        argv: ["php", "-d", "display_errors=0", "-S", `127.0.0.1:${port}`, "-t", resolve("test/sdk/php-pages")],
      }),
    },
    "",
    { MOOR_ISSUER: "", MOOR_AUDIENCE: "app", MOOR_URL: "" },
  );
  onTestFinished(() => withoutIssuer.kill());
  expect((await directServer(withoutIssuer).ask("/registers")).status).toBe(500);
  await expect.poll(() => withoutIssuer.output()).toContain("MOOR_ISSUER must be an http or https URL");
});
