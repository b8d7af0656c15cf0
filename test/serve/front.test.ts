import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../src/log.ts";
import { createFront, MAX_HEADER_BYTES } from "../../src/serve/front.ts";

const PROXY = "10.0.0.1:5000";
const STRANGER = "198.51.100.7:5000";
const OWN = `moor-${"a".repeat(32)}`;
const FORMER = `moor-${"b".repeat(32)}`;
const OTHER_SITE = `moor-${"c".repeat(32)}; pool=intern; origin=x1`;
const SETTINGS = {
  trustedProxies: ["10.0.0.0/8"],
  hosts: ["shop.test", "*.shop.test", "other.test:8443"],
  loops: { own: OWN, known: [OWN, FORMER] },
};

interface Sent {
  readonly from?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream;
}

function send({ from = PROXY, url = "http://shop.test/a?b=1", headers = {}, body }: Sent) {
  const logged: LogEntry[] = [];
  const front = createFront(SETTINGS, (entry) => logged.push(entry));
  const all = { Host: "shop.test", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", ...headers };
  const init = { headers: all, cf: { clientIp: from }, ...(body && { body, method: "POST" }) };
  return { vouched: front(new Request(url, init) as Request), logged };
}

function passed(sent: Sent): Request {
  const { vouched } = send(sent);
  if (vouched.kind !== "request") throw new Error(`answered ${vouched.answer.status}`);
  return vouched.request;
}

function answered(sent: Sent): Response {
  const { vouched } = send(sent);
  if (vouched.kind !== "answer") throw new Error("was not answered");
  return vouched.answer;
}

describe("the address of the client", () => {
  const clientOf = (sent: Sent) => passed(sent).headers.get("CF-Connecting-IP");

  it("is the last address of X-Forwarded-For, because the trusted proxy has written it", () => {
    expect(clientOf({})).toBe("203.0.113.9");
    expect(clientOf({ headers: { "X-Forwarded-For": "6.6.6.6, 203.0.113.9" } })).toBe("203.0.113.9");
  });

  it("is read from right to left, past further trusted proxies", () => {
    expect(clientOf({ headers: { "X-Forwarded-For": "6.6.6.6, 203.0.113.9, 10.1.1.1, 10.2.2.2" } })).toBe(
      "203.0.113.9",
    );
  });

  it("is the proxy's if it has written something else", () => {
    expect(clientOf({ headers: { "X-Forwarded-For": "unknown" } })).toBe("10.0.0.1");
  });

  it("is never the one that the client names in CF-Connecting-IP", () => {
    expect(clientOf({ headers: { "CF-Connecting-IP": "6.6.6.6" } })).toBe("203.0.113.9");
  });

  it("counts for a proxy at an IPv6 socket that maps IPv4", () => {
    expect(clientOf({ from: "[::ffff:10.0.0.1]:1" })).toBe("203.0.113.9");
  });

  it("must be known: a request through no socket of the network is refused", () => {
    expect(answered({ from: "" }).status).toBe(400);
  });

  it("stands in one header alone", () => {
    expect(passed({}).headers.get("X-Forwarded-For")).toBeNull();
  });
});

describe("the scheme", () => {
  it("is https if a trusted proxy says so", () => {
    expect(passed({}).url).toBe("https://shop.test/a?b=1");
  });

  it("is http for everybody else, whatever they say, and leads to https", () => {
    const answer = answered({ from: STRANGER });
    expect([answer.status, answer.headers.get("Location")]).toEqual([308, "https://shop.test/a?b=1"]);
  });

  it("leads to https if the trusted proxy says http", () => {
    expect(answered({ headers: { "X-Forwarded-Proto": "http" } }).status).toBe(308);
  });

  it.each(["", "https, http", "http, https", "HTTPS", "wss"])(
    "is refused if the proxy says %j, and the log says why",
    (proto) => {
      const { vouched, logged } = send({ headers: { "X-Forwarded-Proto": proto } });
      expect(vouched).toMatchObject({ kind: "answer", answer: { status: 400 } });
      expect(logged).toMatchObject([{ event: "request_refused", reason: expect.stringContaining("10.0.0.1") }]);
    },
  );

  it("has no exception for loopback", () => {
    const url = "http://x.localhost/";
    expect(answered({ from: "127.0.0.1:1", url, headers: { Host: "x.localhost" } }).status).toBe(404);
    expect(answered({ from: "127.0.0.1:1" }).status).toBe(308);
  });
});

describe("the host", () => {
  it("is that of Host, or that of X-Forwarded-Host if the trusted proxy has put its own name into Host", () => {
    const sent = { headers: { Host: "moor.internal:8080", "X-Forwarded-Host": "a.shop.test" } };
    expect(passed(sent).url).toBe("https://a.shop.test/a?b=1");
    expect(passed(sent).headers.get("Host")).toBe("a.shop.test");
    expect(passed({ headers: { "X-Forwarded-Host": "shop.test" } }).url).toBe("https://shop.test/a?b=1");
  });

  it("is refused if a proxy that keeps Host passes on another host in X-Forwarded-Host, which is its client's", () => {
    expect(answered({ headers: { "X-Forwarded-Host": "intern.shop.test" } }).status).toBe(400);
  });

  it("is not believed from a client: its X-Forwarded-Host has no effect", () => {
    const answer = answered({ from: STRANGER, headers: { "X-Forwarded-Host": "a.shop.test" } });
    expect(answer.headers.get("Location")).toBe("https://shop.test/a?b=1");
  });

  it.each([
    "evil.test",
    "shop.test.evil.test",
    "notshop.test",
    ".shop.test",
    "shop.test:8080",
    "other.test",
    "admin.moor.invalid",
  ])("must be served: %s is not", (host) => {
    expect(answered({ headers: { Host: host } }).status).toBe(404);
  });

  it.each(["SHOP.test", "shop.test:443", "a.b.shop.test", "other.test:8443"])("is served: %s", (host) => {
    expect(passed({ headers: { Host: host } }).url).toBe(new URL(`https://${host}/a?b=1`).href);
  });

  const malformed = ["shop.test@evil.test", "shop.test/x", "shop.test evil.test", "shop.test, evil.test", ""];
  // They end in the name of a zone that is served, and no URL can have them.
  const zoned = [":.shop.test", "a:b.shop.test", "[.shop.test", "evil.test:80.shop.test"];
  it.each([...malformed, ...zoned])("must be one host: %j is refused", (host) => {
    expect(answered({ headers: { "X-Forwarded-Host": host, Host: host || "@" } }).status).toBe(400);
  });
});

describe("other headers about the client", () => {
  it.each([
    "CF-Access-Authenticated-User-Email",
    "CF-IPCountry",
    "CF-Ray",
    "cf_visitor",
    "CDN-Loop",
    "Fastly-Client-IP",
    "X-Client-IP",
    "X_Client_IP",
    "True-Client-IP",
    "X-Envoy-External-Address",
    "CloudFront-Viewer-Country",
  ])("cuts out %s", (name) => {
    expect(passed({ headers: { [name]: "6.6.6.6" } }).headers.get(name)).toBeNull();
  });

  it("leaves the headers of the application", () => {
    const headers = { Cookie: "a=1", "X-Cf-Like": "1", Authorization: "Bearer x" };
    expect(Object.fromEntries(passed({ headers }).headers)).toMatchObject({ cookie: "a=1", "x-cf-like": "1" });
  });
});

describe("a request that the site has sent itself", () => {
  const back = (value: string) => send({ headers: { "CDN-Loop": value } });

  it.each([OWN, FORMER])(
    "is refused with 508 by its mark, and the log names the origin by which it came back",
    (mark) => {
      const { vouched, logged } = back(`${OTHER_SITE}, cloudflare; loops=1, ${mark}; pool=shop; origin=a`);
      expect(vouched).toMatchObject({ kind: "answer", answer: { status: 508 } });
      expect(logged).toEqual([
        {
          event: "loop_detected",
          pool: "shop",
          origin: "a",
          reason: expect.stringContaining("leads back to this site"),
        },
      ]);
    },
  );

  it("is refused whatever stands behind the mark, which is not logged", () => {
    const { vouched, logged } = back(`${OWN};pool="<script>"; origin=a b;x`);
    expect(vouched).toMatchObject({ answer: { status: 508 } });
    expect(Object.keys(logged[0] ?? {})).toEqual(["event", "reason"]);
  });

  it("is refused before anything else is judged, so that no answer to it can be followed into the circle", () => {
    expect(answered({ from: STRANGER, headers: { "CDN-Loop": OWN, Host: "unknown.test" } }).status).toBe(508);
  });

  it("is not each request that has passed another site of Moor: its marks go on, so that a larger circle is noticed", () => {
    const value = `${OTHER_SITE}, moor-${"d".repeat(32)}`;
    expect(passed({ headers: { "CDN-Loop": value } }).headers.get("CDN-Loop")).toBe(value);
  });

  it.each(["cloudflare", "fastly; a=1", "moor-short", `moor-${"c".repeat(32)}; evil="1, 2"`, ""])(
    "is not one with the mark of another server, %j, which does not go on: it could make an origin look ill",
    (value) => {
      expect(passed({ headers: { "CDN-Loop": value } }).headers.get("CDN-Loop")).toBeNull();
    },
  );
});

describe("limits", () => {
  it("refuses headers of more than 32 KiB in all", () => {
    expect(answered({ headers: { Cookie: "a".repeat(MAX_HEADER_BYTES) } }).status).toBe(431);
  });

  it("refuses a body of more than 100 MiB by its declared length", () => {
    expect(answered({ headers: { "Content-Length": String(100 * 1024 * 1024 + 1) }, body: "x" }).status).toBe(413);
  });

  it("passes on a path and a body as they are", async () => {
    const request = passed({ url: "http://shop.test/a%2e/b//c?x=%20", body: "text" });
    expect([request.url, request.method, await request.text()]).toEqual([
      "https://shop.test/a%2e/b//c?x=%20",
      "POST",
      "text",
    ]);
  });
});
