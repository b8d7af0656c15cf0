import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { askedBy } from "../../src/inbound/arrival.ts";

const headersOf = (given: HeadersInit) => askedBy(new Request("https://shop.test/", { headers: given })).headers;

describe("the headers of a request", () => {
  it("are found whatever case their name has", () => {
    const asked = headersOf({ Cookie: "a=1" });
    expect([asked.get("cookie"), asked.get("COOKIE"), asked.has("Cookie")]).toEqual(["a=1", "a=1", true]);
  });

  it("are found among any others, in any case, and no others are", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 20 }), name, (sent, other) => {
        const asked = headersOf(sent.map((each): [string, string] => [each, "1"]));
        for (const each of sent) expect([asked.get(each.toUpperCase()), asked.has(each)]).toEqual(["1", true]);
        expect(asked.has(other)).toBe(sent.includes(other));
      }),
    );
  });

  it("that were not sent have no value", () => {
    const asked = headersOf({ Cookie: "a=1" });
    expect([asked.get("Upgrade"), asked.has("Upgrade")]).toEqual([null, false]);
  });

  it("may have an empty value", () => expect(headersOf({ "X-Empty": "" }).get("X-Empty")).toBe(""));

  it("have their names in small letters, in order", () => {
    const asked = headersOf({ Cookie: "a=1", Accept: "*/*" });
    expect(asked.names).toEqual(["accept", "cookie"]);
  });

  it("are each read once, and names once", () => {
    const request = new Request("https://shop.test/", { headers: { Cookie: "a=1" } });
    const spies = (["get", "has", "keys"] as const).map((call) => vi.spyOn(request.headers, call));
    const { headers: asked } = askedBy(request);
    for (const name of ["Cookie", "Cookie", "Upgrade", "Upgrade"]) asked.get(name);
    asked.has("Upgrade");
    expect(spies.map(({ mock }) => mock.calls.length)).toEqual([1, 0, 1]);
  });
});

it.each([
  ["no header that declares one", {}, 0],
  ["a length", { "Content-Length": "0" }, 1],
  ["a transfer coding", { "Transfer-Encoding": "chunked" }, 1],
])("a GET with %s is asked for its body as often as it may have one", (_what, headers, times) => {
  const request = new Request("https://shop.test/", { headers: headers as Record<string, string> });
  const body = vi.fn(() => null);
  Object.defineProperty(request, "body", { get: body });
  expect(askedBy(request).body).toBeNull();
  expect(body).toHaveBeenCalledTimes(times);
});

it("a request that was read keeps its method, its address, its body, and itself", () => {
  const request = new Request("https://shop.test/a?b=1", { method: "POST", body: "text" });
  const { method, url, body, original } = askedBy(request);
  expect([method, url, body === null, original]).toEqual(["POST", "https://shop.test/a?b=1", false, request]);
});
