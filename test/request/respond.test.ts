import { describe, expect, it } from "vitest";
import { NO_CREDENTIALS, splitCredentials } from "../../src/carriers/credentials.ts";
import { createCarrier } from "../../src/carriers/registry.ts";
import type { Client } from "../../src/inbound/carriers.ts";
import type { TokenWrite } from "../../src/request/respond.ts";
import { respond as change, mayGiveFreshToken, ownNames, type ResponseChanges } from "../../src/request/respond.ts";
import { namesIn } from "../../src/upstream/wire/origin-headers.ts";
import { carriers, cookieCarrier, OPTIONS } from "../support/carriers.ts";
import { at } from "../support/time.ts";

const { own } = carriers;
const client: Client = {
  carrier: cookieCarrier(true),
  credentials: NO_CREDENTIALS,
  token: undefined,
  isProvisional: false,
  links: undefined,
  asks: false,
};
const CLEAN: Omit<ResponseChanges, "names"> = {
  dropped: [],
  client,
  page: new URL("https://shop.test/"),
  stripped: undefined,
  token: { kind: "none" },
  mark: "",
  session: true,
  explain: undefined,
};
const WRITE: TokenWrite = {
  kind: "write",
  id: "s",
  credentials: splitCredentials("token.proof"),
  expiresAt: at(60),
  isRemembered: false,
};
const respond = (response: Response, changes: typeof CLEAN) =>
  change(response, { ...changes, names: namesIn(response.headers) });
const cached = { "Cache-Control": "public, max-age=60" };

describe("an origin's response", () => {
  it("that needs no change is passed on untouched", () => {
    const response = new Response("hello", { headers: cached });
    expect(respond(response, CLEAN)).toBe(response);
    const asset = new Response("hello");
    expect(respond(asset, { ...CLEAN, session: false })).toBe(asset);
  });

  it("keeps its status, its body and its other headers, several Set-Cookie apart", async () => {
    const response = new Response("hello", { status: 201, statusText: "Made", headers: { ...cached, ETag: '"e"' } });
    for (const cookie of ["a=1; Path=/", "b=2; Expires=Thu, 01 Jan 2060 00:00:00 GMT"]) {
      response.headers.append("Set-Cookie", cookie);
    }
    const changed = respond(response, { ...CLEAN, token: WRITE });
    expect([changed.status, changed.statusText, changed.headers.get("ETag")]).toEqual([201, "Made", '"e"']);
    expect(changed.headers.getSetCookie().slice(0, 2)).toEqual([
      "a=1; Path=/",
      "b=2; Expires=Thu, 01 Jan 2060 00:00:00 GMT",
    ]);
    expect(changed.headers.getSetCookie()).toHaveLength(4);
    expect(await changed.text()).toBe("hello");
  });

  it.each([204, 304])("may have no body: %i", (status) => {
    const changed = respond(new Response(null, { status }), { ...CLEAN, token: WRITE });
    expect([changed.status, changed.body]).toEqual([status, null]);
  });

  it("loses Moor's own headers", () => {
    const response = new Response("", { headers: { ...cached, "Moor-Patch": "{}", "Moor-X": "1", "X-Kept": "1" } });
    const changed = respond(response, { ...CLEAN });
    expect([...changed.headers.keys()].sort()).toEqual(["cache-control", "content-type", "x-kept"]);
  });

  it("loses cookies of Moor's names, and keeps the others", () => {
    const response = new Response("", { headers: cached });
    const given = [
      "a=1",
      "__Host-moor=stolen; Path=/",
      "moor-gen = x",
      "b=2",
      "moor",
      "__Host-moor-mark-ab=1",
      "moors=1",
    ];
    for (const cookie of given) response.headers.append("Set-Cookie", cookie);
    const dropped = ownNames(response, namesIn(response.headers), own);
    const cookies = ["__Host-moor", "moor-gen", "moor", "__Host-moor-mark-ab"];
    expect(dropped).toEqual(cookies.map((cookie) => ({ cookie })));
    expect(respond(response, { ...CLEAN, dropped }).headers.getSetCookie()).toEqual(["a=1", "b=2", "moors=1"]);
  });

  it("loses the header that carries tokens", () => {
    const response = new Response("", { headers: { ...cached, "Moor-Token": "stolen", "X-Kept": "1" } });
    const dropped = ownNames(response, namesIn(response.headers), {
      isCookie: () => false,
      headers: ["Moor-Token"],
    });
    expect(dropped).toEqual([{ header: "Moor-Token" }]);
    expect([...respond(response, { ...CLEAN, dropped }).headers.keys()]).not.toContain("moor-token");
  });
});

describe("caches", () => {
  const cacheControl = (given: HeadersInit, changes: Partial<typeof CLEAN>) =>
    respond(new Response("", { headers: given }), { ...CLEAN, ...changes }).headers.get("Cache-Control");

  it.each<[string, HeadersInit, Partial<typeof CLEAN>, string | null]>([
    ["may keep what the origin says they may", cached, {}, "public, max-age=60"],
    ["that are shared may not keep what says nothing, on a route with sessions", {}, {}, "private"],
    ["may keep what says nothing elsewhere", {}, { session: false }, null],
    ["may not keep what writes a token", cached, { token: WRITE }, "private, no-store"],
    ["may not keep what clears one", cached, { token: { kind: "clear" } }, "private, no-store"],
    ["may not keep what sets the mark", cached, { mark: "mark" }, "private, no-store"],
    ["may not keep what sets the mark and says nothing itself", {}, { mark: "mark" }, "private, no-store"],
  ])("%s", (_what, given, changes, expected) => expect(cacheControl(given, changes)).toBe(expected));
});

describe("the token", () => {
  const cookies = (token: TokenWrite) =>
    respond(new Response("", { headers: cached }), { ...CLEAN, token, explain: "x" }).headers.getSetCookie();

  it("is written by the carrier", () => {
    expect(cookies(WRITE).map((cookie) => cookie.split(";")[0])).toEqual([
      "__Host-moor=token",
      "__Host-moor-gen=proof",
    ]);
  });
  it("is cleared by the carrier", () => expect(cookies({ kind: "clear" })[0]).toContain("__Host-moor=; Max-Age=0"));
  it("is left alone otherwise", () => expect(cookies({ kind: "none" })).toEqual([]));
});

describe("the mark", () => {
  const cookies = (changes: Partial<typeof CLEAN>, given: string[] = []) => {
    const response = new Response("", { headers: cached });
    for (const cookie of given) response.headers.append("Set-Cookie", cookie);
    const dropped = ownNames(response, namesIn(response.headers), own);
    return respond(response, { ...CLEAN, dropped, ...changes }).headers.getSetCookie();
  };
  const mark = "__Host-moor-mark-ma=mark; Max-Age=86400; Path=/; HttpOnly; Secure; SameSite=Lax";

  it("is set, though nothing else of the response changes", () => expect(cookies({ mark: "mark" })).toEqual([mark]));

  it("is set beside the token, and beside what the origin sets", () => {
    const names = cookies({ mark: "mark", token: WRITE }, ["a=1"]).map((cookie) => cookie.split("=")[0]);
    expect(names).toEqual(["a", "__Host-moor", "__Host-moor-gen", "__Host-moor-mark-ma"]);
  });

  it("is set beside a token that is cleared: the end is in the journal alone", () => {
    expect(cookies({ mark: "mark", token: { kind: "clear" } })).toContain(mark);
  });

  it("is Moor's own: an origin's is dropped", () => {
    expect(cookies({ mark: "mark" }, ["__Host-moor-mark-ma=0; Path=/; Secure"])).toEqual([mark]);
    expect(cookies({ mark: "" }, ["__Host-moor-mark-ma=0; Path=/; Secure"])).toEqual([]);
  });

  it.each(["CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Surrogate-Control"])(
    "leaves no word to caches that prefer %s",
    (name) => {
      const response = () => new Response("", { headers: { ...cached, [name]: "max-age=60" } });
      expect(respond(response(), { ...CLEAN, mark: "mark" }).headers.get(name)).toBe(null);
      expect(respond(response(), { ...CLEAN, token: WRITE }).headers.get(name)).toBe(null);
      expect(respond(response(), { ...CLEAN, explain: "x" }).headers.get(name)).toBe("max-age=60");
    },
  );
});

describe("a client that holds all in one place", () => {
  const held = (text: string, changes: Partial<typeof CLEAN>) => {
    const { https: carrier } = createCarrier({ type: "header", name: "Authorization" }, OPTIONS);
    const header = { ...client, carrier, credentials: splitCredentials(text) };
    return respond(new Response(""), { ...CLEAN, client: header, ...changes }).headers.get("Moor-Token");
  };

  it("is given the token with its proof, and the mark that it brought", () => {
    expect(held("old.proof.5", { token: WRITE })).toBe("token.proof.5");
    expect(held("old", { token: WRITE })).toBe("token.proof");
  });
  it("is given a new mark beside a token, or beside what it brought", () => {
    expect(held("old.proof.5", { token: WRITE, mark: "mark" })).toBe("token.proof.mark");
    expect(held("old.proof.5", { mark: "mark" })).toBe("old.proof.mark");
    expect(held("old", { mark: "mark" })).toBe("old..mark");
  });
  it("is given nothing to hold when it ends, marked or not", () => {
    expect(held("old.proof", { token: { kind: "clear" } })).toBe("");
    expect(held("old.proof", { token: { kind: "clear" }, mark: "mark" })).toBe("");
  });
  it("is given nothing when nothing is new, nor a mark without a token", () => {
    expect(held("old.proof.5", {})).toBe(null);
    expect(held("", { mark: "mark" })).toBe(null);
  });
});

describe("explain", () => {
  it("adds to what the origin measures itself", () => {
    const response = new Response("", { headers: { "Server-Timing": "db;dur=5" } });
    expect(respond(response, { ...CLEAN, explain: "session=memory" }).headers.get("Server-Timing")).toBe(
      'db;dur=5, moor;desc="session=memory"',
    );
  });
});

describe("a fresh token may be given", () => {
  const navigation = { "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate" };
  it.each<[string, HeadersInit, boolean, string]>([
    ["GET", navigation, true, "to a page that is navigated to"],
    ["HEAD", navigation, true, "to the head of one"],
    ["GET", { ...navigation, "Sec-Fetch-Site": "cross-site" }, true, "by a link from elsewhere as well"],
    ["GET", {}, true, "to a client that is no browser"],
    ["GET", { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors" }, false, "not to a late poll"],
    ["GET", { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" }, false, "not to an image elsewhere"],
    ["GET", { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "websocket" }, false, "not to a WebSocket"],
    ["GET", { "Sec-Fetch-Site": "same-origin" }, false, "not to a browser that does not say"],
    ["POST", navigation, false, "not to a post, which comes from elsewhere without the cookie"],
    ["POST", {}, false, "not to a post of any client"],
    ["PUT", {}, false, "not to a put"],
    ["OPTIONS", {}, false, "not to a preflight"],
  ])("%s with %o: %s, %s", (method, headers, expected) => {
    expect(mayGiveFreshToken(new Request("https://shop.test/", { method, headers }), 0)).toBe(expected);
  });

  it("within two seconds: later, the client may have been given another", () => {
    const request = new Request("https://shop.test/", { headers: navigation });
    expect(mayGiveFreshToken(request, 2_000)).toBe(true);
    expect(mayGiveFreshToken(request, 2_001)).toBe(false);
  });
});
