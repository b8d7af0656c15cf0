/** @without-login */
/** @any-runtime */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { rawExchange, statusOf } from "../../support/node/raw-exchange.ts";
import { rawResponse, startRawOrigin } from "../../support/node/raw-origin.ts";
import { startSite } from "../../support/node/site.ts";

const [one, two] = await Promise.all([startRawOrigin("one"), startRawOrigin("two")]);
const origins = [one, two];
const site = await startSite(origins, {
  routes: [
    { path: "/plain", pool: "shop", session: false },
    { path: "/*", pool: "shop" },
  ],
});
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});
beforeEach(() => {
  for (const origin of origins) origin.requests.length = 0;
});
const asked = () => origins.flatMap((origin) => origin.requests);

/** Sends a request, and returns the whole response. */
const send = (line: string, ...headers: string[]) =>
  rawExchange(site.moor.port, [`${line} HTTP/1.1`, "Host: shop.test", "X-Forwarded-Proto: https", ...headers]);
/** Has the origins answer with bytes, and close. */
function answer(bytes: string) {
  for (const origin of origins) origin.answers((_, socket) => socket.end(bytes, "latin1"));
}
const bodyOf = (response: string) => response.slice(response.indexOf("\r\n\r\n") + 4);

describe("a status", () => {
  it.each(["200 Fine by me", "299 Odd", "402 Payment Required", "418 I'm a teapot", "451 ", "499 Gone away", "599 Z"])(
    "passes with its reason, known or not: %s",
    async (status) => {
      answer(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nok`);
      const response = await send("GET /");
      expect([response.split("\r\n")[0], bodyOf(response)]).toEqual([`HTTP/1.1 ${status}`, "ok"]);
    },
  );

  it("passes without a reason that is not ASCII", async () => {
    answer("HTTP/1.1 404 Zut\xe9\r\nContent-Length: 2\r\n\r\nok");
    expect((await send("GET /")).split("\r\n")[0]).toBe("HTTP/1.1 404 ");
  });

  it.each(["204 No Content", "205 Reset Content", "304 Not Modified"])(
    "without content has no body, whatever the origin sends after it: %s",
    async (status) => {
      answer(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\nETag: "e"\r\n\r\nok`);
      const response = await send("GET /");
      expect([response.split("\r\n")[0], bodyOf(response)]).toEqual([`HTTP/1.1 ${status}`, ""]);
      expect(response).toContain('ETag: "e"');
      expect(response).not.toContain("Content-Length: 2");
    },
  );

  it.each(["600 Beyond", "999 Denied", "101 Switching Protocols"])(
    "that is invalid, or that no request asked for, is 502: the origin is asked once, and does not look down: %s",
    async (status) => {
      for (const path of ["/", "/plain"]) {
        answer(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
        const client = site.client();
        expect((await client.ask(path)).status).toBe(502);
        expect(asked()).toHaveLength(1);
        for (const origin of origins) origin.answers((_, socket) => socket.write(rawResponse(origin.name)));
        for (let round = 0; round < 2; round++) expect((await site.client().ask("/")).status).toBe(200);
        origins.forEach((origin) => {
          origin.requests.length = 0;
        });
      }
    },
  );

  it.each(["099 Below", "1000 Above", "20 Short", "abc"])(
    "of other than three digits is no response, and is asked for again: %s",
    async (status) => {
      answer(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nok`);
      expect(statusOf(await send("GET /"))).toBe(502);
      expect(asked().length).toBeGreaterThan(1);
    },
  );
});

describe("a method", () => {
  beforeEach(() => {
    for (const origin of origins) origin.answers((_, socket) => socket.write(rawResponse("answered")));
  });

  it.each([
    "OPTIONS",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "REPORT",
    "SEARCH",
    "PURGE",
    "QUERY",
  ])("that the runtime knows reaches the origin: %s", async (method) => {
    expect(bodyOf(await send(`${method} /path`))).toBe("answered");
    expect(asked().map(({ head }) => head.split("\r\n")[0])).toEqual([`${method} /path HTTP/1.1`]);
  });

  it.each(["CUSTOM", "LINK", "get", "M-PURGE", "TRACK"])(
    "that the runtime does not know is refused before Moor sees it (501): %s",
    async (method) => {
      expect(statusOf(await send(`${method} /`))).toBe(501);
      expect(asked()).toEqual([]);
    },
  );

  it("CONNECT is refused by the runtime, TRACE by Moor (405)", async () => {
    expect(statusOf(await send("CONNECT shop.test:443"))).toBeGreaterThanOrEqual(400);
    expect(statusOf(await send("TRACE /"))).toBe(405);
    expect(asked()).toEqual([]);
  });

  it("OPTIONS is up to the origin for a path, and is refused for the server as a whole (*): 400", async () => {
    for (const origin of origins) {
      origin.answers((_, socket) => socket.write("HTTP/1.1 204 No Content\r\nAllow: GET, PUT\r\n\r\n"));
    }
    expect(await send("OPTIONS /")).toMatch(/^HTTP\/1\.1 204 [\s\S]*\r\nAllow: GET, PUT\r\n/);
    expect(statusOf(await send("OPTIONS *"))).toBe(400);
  });
});

describe("a target", () => {
  beforeEach(() => {
    for (const origin of origins) origin.answers((_, socket) => socket.write(rawResponse("answered")));
  });
  const sent = async (target: string) => {
    const status = statusOf(await send(`GET ${target}`));
    return [status, asked()[0]?.head.split(" ")[1]];
  };

  it.each([
    ["/a%2Fb/%7Ec/%e9/%C3%A9", "/a%2Fb/%7Ec/%e9/%C3%A9"],
    ["/%41?%41", "/%41?%41"],
    ["/%zz/%?%zz", "/%zz/%?%zz"],
    ["/%00?%00", "/%00?%00"],
    ["/a+b;c=1,d/'()*!$&=:@|[]", "/a+b;c=1,d/'()*!$&=:@|[]"],
    ["/?a?b&c==d&&|^`{}", "/?a?b&c==d&&|^`{}"],
    ["//a//b/", "//a//b/"],
  ])("is sent as it is written: %s", async (target, expected) => {
    expect(await sent(target)).toEqual([200, expected]);
  });

  it.each([
    ["/a^{b}", "/a%5E%7Bb%7D"],
    ['/a"b', "/a%22b"],
    ["/?q='", "/?q=%27"],
    ["/?", "/"],
    ["/\xc3\xa9", "/%C3%A9"],
  ])("is escaped as a URL is, so that it is the one that was routed: %s", async (target, expected) => {
    expect(await sent(target)).toEqual([200, expected]);
  });

  it.each(["/\xe9", "/a<b>", "/a`b", "/a\tb"])("that is no URL is refused by the runtime (400): %j", async (target) => {
    expect(await sent(target)).toEqual([400, undefined]);
  });

  it("of 60 KiB passes; a target that fetch could not send is refused (400), and so is a target that the runtime does not read (414)", async () => {
    const long = `/${"u".repeat(60 * 1024)}`;
    expect(await sent(long)).toEqual([200, long]);
    for (const origin of origins) origin.requests.length = 0;
    expect(await sent(`/${"u".repeat(65_500)}`)).toEqual([400, undefined]);
    expect(await sent(`/${"{".repeat(30_000)}`)).toEqual([400, undefined]);
    expect(await sent(`/${"u".repeat(70_000)}`)).toEqual([414, undefined]);
  });
});
