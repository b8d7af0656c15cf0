/** @without-login */
/** @quick */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { ofStoresAlone } from "../../support/node/authority.ts";
import { rawExchange, statusOf } from "../../support/node/raw-exchange.ts";
import { rawResponse, startRawOrigin } from "../../support/node/raw-origin.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startRawOrigin("a");
const site = await startSite([origin]);
afterAll(async () => {
  await site.stop();
  await origin.stop();
});
beforeEach(() => {
  origin.answers((_, socket) => socket.write(rawResponse("a")));
  origin.requests.length = 0;
});

/** Sends headers as they are written, and returns the headers of the response. */
async function send(...headers: string[]): Promise<string[]> {
  const lines = ["GET / HTTP/1.1", "Host: shop.test", "X-Forwarded-Proto: https", "Sec-Fetch-Site: none"];
  return headersOf(await rawExchange(site.moor.port, [...lines, ...headers]));
}
/** Has the origin answer with headers as they are written, and returns the headers that the client gets. */
function answer(...headers: string[]): Promise<string[]> {
  const lines = ["HTTP/1.1 200 OK", "Cache-Control: no-cache", ...headers, "Content-Length: 2"];
  origin.answers((_, socket) => socket.write(`${lines.join("\r\n")}\r\n\r\nok`, "latin1"));
  return send();
}
const headersOf = (message: string) => message.slice(0, message.indexOf("\r\n\r\n")).split("\r\n");
const arrived = () => origin.requests[0]?.head.split("\r\n") ?? [];
const named = (lines: string[], name: RegExp) => lines.filter((line) => name.test(line));

const big = `X-Big: ${"0123456789abcdef".repeat(4096)}`;
const many = Array.from({ length: 5_000 }, (_, number) => `X-Number-${number}: ${number}`);

describe.each([
  ["a request", async (...headers: string[]) => [await send(...headers), arrived()][1] ?? []],
  ["a response", answer],
] as const)("the headers of %s", (what, pass) => {
  it("pass with 64 KiB in a single header", async () => {
    expect(named(await pass(big), /^X-Big/)).toEqual([big]);
  });

  it("pass in great number: 5,000", async () => {
    expect(named(await pass(...many), /^X-Number/).sort()).toEqual([...many].sort());
  });

  it("keep bytes that are no UTF-8, and UTF-8", async () => {
    const latin = ["X-Latin: caf\xe9 \xff", "X-Utf: \xc3\xa9"];
    expect(named(await pass(...latin), /^X-(Latin|Utf)/)).toEqual(latin);
  });

  it("keep empty values, tabs and spaces within, and lose spaces around", async () => {
    const lines = named(await pass("X-A:", "X-B: a\tb  c", "X-C:   d  "), /^X-[ABC]:/);
    expect(lines.map((line) => line.replace(/: ?/, ":"))).toEqual(["X-A:", "X-B:a\tb  c", "X-C:d"]);
  });

  it("of the same name stay separate and in order; headers of registered names are joined, which means the same", async () => {
    const lines = await pass("X-A: 1", "X-B: 0", "X-A: 2", "x-a: 3", "Via: 1.1 a", "Via: 1.1 b");
    expect(named(lines, /^(X-A|Via)/i)).toEqual(["Via: 1.1 a, 1.1 b", "X-A: 1", "X-A: 2", "X-A: 3"]);
  });

  it("keep the case of their names", async () => {
    expect(named(await pass("X-MiXeD: 1"), /^x-mixed/i)).toEqual(["X-MiXeD: 1"]);
  });

  it("above the runtime's limit of half a MiB are refused (431, 502)", async () => {
    const lines = Array.from({ length: 16 }, (_, number) => `X-${number}: ${"x".repeat(65_000)}`);
    if (what === "a request") expect(statusOf((await send(...lines))[0] ?? "")).toBe(431);
    else expect(statusOf((await answer(...lines))[0] ?? "")).toBe(502);
  });
});

describe("the headers of a response", () => {
  it("that are no headers are no response: 502, and nothing of it reaches the client", async () => {
    const malformed = [
      "X-A: a\rX-Injected: 1",
      "X-A: a\r\n X-Injected: folded",
      "X-A: a\0X-Injected",
      "X-Injected : 1",
      "X-Injected",
      "X(Injected): 1",
    ];
    for (const line of malformed) {
      const lines = await answer(line);
      expect([line, statusOf(lines[0] ?? "")]).toEqual([line, 502]);
      expect(lines.join("\n")).not.toContain("Injected");
    }
  });

  it("that end in a line feed alone are taken for headers (RFC 9112 section 2.2), and judged as such", async () => {
    const lines = await answer("X-A: a\nSet-Cookie: __Host-moor=planted\nSet-Cookie: b=1");
    expect(named(lines, /^(X-A|Set-Cookie)/)).toEqual(["Set-Cookie: b=1", "X-A: a"]);
  });

  it("that are for a single hop stop at the runtime, which does not tell the headers that Connection names", async () => {
    const hop = ["Connection: keep-alive, X-Named", "Keep-Alive: timeout=5", "Upgrade: h2c", "Trailer: X-T"];
    const lines = await answer(...hop, "X-Named: 1");
    expect(named(lines, /^(Connection|Keep-Alive|Upgrade|Trailer|X-Named)/)).toEqual([
      "X-Named: 1",
      "Connection: close",
    ]);
  });
});

describe("cookies", () => {
  const MIXED = "a=Jos\xe9; b=\xc3\xa9";
  /** Moor takes this text out, whether it is a valid token or not. */
  const OWN = "__Host-moor=x";

  it("keep bytes that are no UTF-8 on their way to the origin", async () => {
    await send(`Cookie: ${MIXED}`);
    expect(named(arrived(), /^Cookie/)).toEqual([`Cookie: ${MIXED}`]);
  });

  const counted = ofStoresAlone("a change sets two cookies");
  it(
    "keep bytes that are not UTF-8 on their way to the client, together with the cookies that Moor sets",
    counted,
    async () => {
      const lines = named(await answer(`Set-Cookie: ${MIXED}`, 'Moor-Patch: {"a":1}'), /^Set-Cookie/);
      expect(lines).toEqual([`Set-Cookie: ${MIXED}`, expect.stringMatching(/^Set-Cookie: __Host-moor=[\w-]{84};/)]);
    },
  );

  it("lose bytes that are not UTF-8 where a cookie of Moor's is taken out of the same header", async () => {
    const lossy = "a=Jos\xef\xbf\xbd; b=\xc3\xa9";
    await send(`Cookie: ${OWN}; ${MIXED}`);
    expect(named(arrived(), /^Cookie/)).toEqual([`Cookie: ${lossy}`]);
    const lines = named(await answer(`Set-Cookie: ${MIXED}`, `Set-Cookie: ${OWN}`), /^Set-Cookie: a/);
    expect(lines).toEqual([`Set-Cookie: ${lossy}`]);
  });
});

describe("the encodings that a client accepts", () => {
  it.each(["gzip, deflate, br, zstd", "identity", "zstd;q=1.0, br ;q=0.5,, *;q=0"])(
    "reach the origin as they were sent: Accept-Encoding: %s",
    async (accepted) => {
      await send(`Accept-Encoding: ${accepted}`);
      const lines = named(arrived(), /^Accept-Encoding/).map((line) => line.replace(/: ?/, ":"));
      expect(lines).toEqual([`Accept-Encoding:${accepted}`]);
    },
  );

  it.each([
    ["zstd, gzip", ["Accept-Encoding:zstd, gzip"]],
    ["", []],
  ])("reach the origin as they were sent if Cloudflare has put its own in their place: %j", async (sent, lines) => {
    await send("Accept-Encoding: br, gzip", `CF-Blob: ${JSON.stringify({ clientAcceptEncoding: sent })}`);
    expect(named(arrived(), /^Accept-Encoding/).map((line) => line.replace(/: ?/, ":"))).toEqual(lines);
  });

  it("are not made up where the client names none, and an empty Accept-Encoding is not kept", async () => {
    await send("Accept-Encoding:");
    expect(named(arrived(), /^Accept/)).toEqual([]);
  });
});

it("a request with a handoff asks caches for nothing stored, without the no-cache that forbids 304", async () => {
  await send("X-Nothing: said");
  const lines = ["Cache-Control: no-store, max-age=0", "Pragma: no-cache"];
  expect(named(arrived(), /^(Cache-Control|Pragma)/)).toEqual(lines);
  origin.requests.length = 0;
  await send("Cache-Control: max-stale=60");
  expect(named(arrived(), /^Cache-Control/)).toEqual(lines.slice(0, 1));
});
