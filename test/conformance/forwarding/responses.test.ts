/** @without-login */
/** @any-runtime */
import {
  brotliCompressSync,
  brotliDecompressSync,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { ofStoresAlone } from "../../support/node/authority.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startLocalOrigin("a");
const site = await startSite([origin]);
const client = site.client();
await client.ask("/");
afterAll(async () => {
  await site.stop();
  await origin.stop();
});

describe("a response", () => {
  it("passes with its status, headers and body", async () => {
    const headers = { "Content-Type": "text/plain; charset=x", "X-One": "1", Vary: "Accept, Cookie", ETag: 'W/"e"' };
    origin.answers((_, response) => response.writeHead(418, headers).end("short and stout"));
    const answer = await client.ask("/");
    expect(answer.status).toBe(418);
    expect(answer.text).toBe("short and stout");
    for (const [name, value] of Object.entries(headers)) expect(answer.headers[name.toLowerCase()]).toBe(value);
  });

  it.each([301, 302, 303, 307, 308])("that redirects (%i) to another site is passed on as it is", async (status) => {
    const location = "https://elsewhere.test/page?a=b";
    origin.answers((_, response) => response.writeHead(status, { Location: location }).end());
    const answer = await client.ask("/", { method: "POST", body: "x" });
    expect(answer.status).toBe(status);
    expect(answer.headers.location).toBe(location);
  });

  it.each([404, 410, 500, 502, 503, 504])(
    "that is an error of the origin's own (%i) is passed on as it is",
    async (status) => {
      let asked = 0;
      origin.answers((_, response) => {
        asked++;
        response.writeHead(status, { "Retry-After": "77" }).end("the origin's own words");
      });
      const answer = await client.ask("/");
      expect(answer).toMatchObject({ status, text: "the origin's own words" });
      expect(answer.headers["retry-after"]).toBe("77");
      expect(asked).toBe(1);
    },
  );

  it("to HEAD has the length that GET would bring, and no body", async () => {
    const methods: string[] = [];
    origin.answers((request, response) => {
      methods.push(request.method ?? "");
      response.writeHead(200, { "Content-Length": "12345" }).end();
    });
    const answer = await client.ask("/", { method: "HEAD" });
    expect(methods).toEqual(["HEAD"]);
    expect(answer.headers["content-length"]).toBe("12345");
    expect(answer.bytes.length).toBe(0);
  });

  it("to a Range is the part that the origin gives", async () => {
    origin.answers((request, response) => {
      expect(request.headers.range).toBe("bytes=2-4");
      response.writeHead(206, { "Content-Range": "bytes 2-4/10", "Content-Length": "3" }).end("234");
    });
    const answer = await client.ask("/", { headers: { Range: "bytes=2-4" } });
    expect(answer).toMatchObject({ status: 206, text: "234" });
    expect(answer.headers).toMatchObject({ "content-range": "bytes 2-4/10", "content-length": "3" });
  });

  it("without content (204) has no body", async () => {
    origin.answers((_, response) => response.writeHead(204).end());
    const answer = await client.ask("/", { method: "DELETE" });
    expect(answer).toMatchObject({ status: 204, text: "" });
    expect(answer.headers["transfer-encoding"]).toBeUndefined();
  });

  it("that nothing has changed (304) comes to a client that asked conditionally", async () => {
    origin.answers((request, response) => {
      expect(request.headers["if-none-match"]).toBe('"v1"');
      response.writeHead(304, { ETag: '"v1"' }).end();
    });
    const answer = await client.ask("/", { headers: { "If-None-Match": '"v1"' } });
    expect(answer).toMatchObject({ status: 304, text: "" });
    expect(answer.headers.etag).toBe('"v1"');
  });

  const text = "a text that repeats, ".repeat(500);
  it.each([
    { encoding: "gzip", bytes: gzipSync(text), decompress: gunzipSync },
    { encoding: "br", bytes: brotliCompressSync(text), decompress: brotliDecompressSync },
    { encoding: "zstd", bytes: zstdCompressSync(text), decompress: zstdDecompressSync },
  ])("compressed by $encoding stays so, byte for byte, also when its headers change", async (compressed) => {
    const { encoding, bytes, decompress } = compressed;
    origin.answers((request, response) => {
      expect(request.headers["accept-encoding"]).toBe(encoding);
      if (request.url === "/changes") response.setHeader("Moor-Patch", '{"a":1}');
      response.writeHead(200, { "Content-Encoding": encoding }).end(bytes);
    });
    for (const path of ["/", "/changes"]) {
      const answer = await client.ask(path, { headers: { "Accept-Encoding": encoding } });
      expect(answer.headers["content-encoding"]).toBe(encoding);
      expect(answer.bytes.equals(bytes)).toBe(true);
      expect(decompress(answer.bytes).toString()).toBe(text);
    }
  });
});

describe("cookies of the origin's", () => {
  const byName = ofStoresAlone("each response has a cookie with a name of its own");
  it("stay separate, in order and unchanged, next to Moor's cookies", byName, async () => {
    const cookies = ["a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Path=/", "b=x, y", "a=2; HttpOnly", "moored=1"];
    origin.answers((_, response) => response.setHeader("Set-Cookie", cookies).setHeader("Moor-Rotate", "1").end());
    const answer = await client.ask("/");
    expect(answer.setCookies.slice(0, 4)).toEqual(cookies);
    expect(answer.setCookies.slice(4).map((cookie) => cookie.split("=")[0])).toEqual([
      "__Host-moor",
      "__Host-moor-gen",
    ]);
  });

  it.each(["__Host-moor", "__Host-moor-gen", "__Host-moor-mark-xx", "moor", "moor-gen", "moor-mark-xx"])(
    "are dropped and logged when they have Moor's name %s",
    async (name) => {
      const logged = site.moor.logged.length;
      const own = ["own=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT", "other=2"];
      origin.answers((_, response) => response.setHeader("Set-Cookie", [`${name}=planted; Path=/`, ...own]).end());
      expect((await client.ask("/")).setCookies).toEqual(own);
      // Lines of the test before may arrive late.
      const dropped = () => site.moor.logged.slice(logged).filter((line) => line.includes("origin_cookie_dropped"));
      await expect.poll(dropped).toEqual([expect.stringContaining(`"origin":"a","cookie":"${name}"`)]);
    },
  );
});

describe("caching", () => {
  it("of a response that sets a token is forbidden, whatever the origin says", async () => {
    origin.answers((_, response) => response.setHeader("Cache-Control", "public, max-age=600").end());
    const first = await site.client().ask("/");
    expect(first.setCookies).toHaveLength(1);
    expect(first.headers["cache-control"]).toBe("private, no-store");
  });

  const cleared = ofStoresAlone("the end of a session is a cookie, too");
  it("of a response that ends a session is forbidden too", cleared, async () => {
    const leaving = site.client();
    origin.answers((request, response) => {
      response.setHeader("Cache-Control", "public, max-age=600");
      response.setHeader(request.url === "/end" ? "Moor-End" : "Moor-Rotate", "1").end();
    });
    await leaving.ask("/");
    const answer = await leaving.ask("/end");
    expect(leaving.token).toBeUndefined();
    expect(answer.headers["cache-control"]).toBe("private, no-store");
  });

  it("of a response without Cache-Control is private", async () => {
    origin.answers((_, response) => response.end());
    expect((await client.ask("/")).headers["cache-control"]).toBe("private");
  });

  it("of a response that sets no token is up to the origin", async () => {
    origin.answers((_, response) => response.setHeader("Cache-Control", "public, max-age=600").end());
    const answer = await client.ask("/");
    expect(answer.setCookies).toEqual([]);
    expect(answer.headers["cache-control"]).toBe("public, max-age=600");
  });
});

it("keeps keys, tokens and the values of cookies out of the log", () => {
  expect(site.indiscretions("planted", "own=1")).toEqual([]);
});
