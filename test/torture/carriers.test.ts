/** @quick */
import { describe, expect, it } from "vitest";
import { cookies, header, links } from "./carriers.ts";

const init = () => ({ method: "GET", headers: new Headers({ "Sec-Fetch-Site": "same-origin" }) });
const holding = (text: string) => new Map([["text", text]]);
const answered = (headers: Record<string, string>) => new Response(null, { status: 303, headers });

describe("a client with cookies", () => {
  it("sends the cookies that it holds, and keeps the cookies that a response sets", () => {
    const sent = cookies.request(init(), new Map([["__Host-moor", "T"]]));
    expect(sent.headers.get("Cookie")).toBe("__Host-moor=T");
    expect(cookies.gives(answered({ "Set-Cookie": "__Host-moor=U" }))).toEqual(["__Host-moor=U"]);
  });
});

describe("a client of the header", () => {
  it("asks for a token, and then sends the latest token; an empty token makes it forget", () => {
    expect(header.request(init(), new Map()).headers.get("Authorization")).toBe("Bearer new");
    expect(header.request(init(), holding("T.P")).headers.get("Authorization")).toBe("Bearer T.P");
    expect(header.gives(answered({ "Moor-Token": "U.P" }))).toEqual(["text=U.P"]);
    expect(header.gives(answered({ "Moor-Token": "" }))).toEqual(["text=; Max-Age=0"]);
    expect(header.gives(answered({}))).toEqual([]);
  });

  it("is not a browser", () => expect(header.request(init(), holding("T")).headers.has("Sec-Fetch-Site")).toBe(false));

  it("takes no token once its proof has changed while the request was under way", () => {
    expect(header.takes?.(holding("T.P"), holding("U.P"))).toBe(true);
    expect(header.takes?.(holding("T"), holding("U.P"))).toBe(false);
  });
});

describe("a client that follows links", () => {
  it("sends the token of its page, and holds the token of the next page", () => {
    expect(new URL(links.request(init(), holding("T.P")).url).search).toBe("?moor=T.P");
    expect(links.gives(answered({ Location: "/?moor=U.P" }))).toEqual(["text=U.P"]);
    expect(links.gives(answered({ Location: "/" }))).toEqual(["text=; Max-Age=0"]);
  });

  it("stays on its page when an answer has no redirect", () => expect(links.gives(answered({}))).toEqual([]));
});
