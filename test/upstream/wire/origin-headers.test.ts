import { describe, expect, it, vi } from "vitest";
import { ORIGIN_HEADERS } from "../../../src/config/origin-headers.ts";
import type { Permission } from "../../../src/config/pool-types.ts";
import { NO_INTENT } from "../../../src/session/session.ts";
import { MAX_PATCH_HEADER_BYTES, namesIn, namesInOwn, readIntent } from "../../../src/upstream/wire/origin-headers.ts";

const ALL: Permission[] = ["patch", "principal", "end"];

function read(given: HeadersInit, may: readonly Permission[] = ALL, write: true | string[] = true) {
  const headers = new Headers(given);
  return readIntent(headers, namesIn(headers), { see: true, may, write }, true);
}

describe("Moor's headers of a response", () => {
  it("are the headers that begin with moor-, and no others", () => {
    const headers = new Headers({ "MOOR-Patch": "{}", "Moor-X": "1", Moor: "1", "X-Moor-Y": "1", Moor_Z: "1" });
    expect(namesIn(headers).moor).toEqual(["moor-patch", "moor-x"]);
  });
});

describe("the headers that may name an address of the origin", () => {
  it.each(["Location", "Content-Location", "Refresh", "Set-Cookie"])("include %s", (name) => {
    expect(namesIn(new Headers({ [name]: "x" }))).toMatchObject({ moor: [], hasAddress: true });
  });

  it.each(["Link", "Location-X", "Cookie"])("do not include %s", (name) => {
    expect(namesIn(new Headers({ [name]: "x", "Moor-End": "1" }))).toMatchObject({
      moor: ["moor-end"],
      hasAddress: false,
    });
  });
});

describe("the names of a response", () => {
  it.each([
    ["Set-Cookie", { setsCookies: true, hasCacheControl: false }],
    ["Cache-Control", { setsCookies: false, hasCacheControl: true }],
    ["Surrogate-Control", { hasCacheControl: false, mayTargetCaches: true }],
    ["CDN-Cache-Control", { hasCacheControl: false, mayTargetCaches: true }],
    ["Age", { mayTellOfCache: true }],
    ["CF-Cache-Status", { mayTellOfCache: true }],
    ["Content-Type", { setsCookies: false, hasCacheControl: false, mayTargetCaches: false, mayTellOfCache: false }],
  ])("tell whether %s is among them", (name, told) => {
    expect(namesIn(new Headers({ [name]: "x" }))).toMatchObject(told);
  });

  it("ask for nothing if Moor's own code has made it", () => {
    const headers = new Headers({ "Moor-End": "1", "Set-Cookie": "a=1" });
    expect(namesInOwn(headers)).toMatchObject({ moor: [], setsCookies: true });
  });
});

it("a header is looked up only if a response has it", () => {
  const headers = new Headers({ "Moor-Patch": '{"a":1}', "Content-Type": "text/html" });
  const names = namesIn(headers);
  const lookups = vi.spyOn(headers, "get");
  readIntent(headers, names, { see: true, may: ["patch"], write: true }, true);
  expect(lookups.mock.calls).toEqual([["moor-patch"]]);
});

describe("a response", () => {
  it.each<[string, Record<string, string>, object]>([
    ["without a change", { "Content-Type": "text/html" }, {}],
    ["with a patch", { "Moor-Patch": '{"a":{"b":null},"c":"\\u00fc"}' }, { patches: [{ a: { b: null }, c: "ü" }] }],
    ["with a patch of nothing", { "Moor-Patch": "{}" }, { patches: [{}] }],
    ["with a login", { "Moor-Principal": "alice" }, { principal: "alice" }],
    ["with a rotation", { "Moor-Rotate": "1" }, { rotate: true }],
    ["with an end", { "Moor-End": "1" }, { end: true }],
    ["with a word on itself, which asks for nothing", { "Moor-Closed": "30" }, {}],
    ["with a version", { "Moor-Version": "6" }, { version: 6 }],
    [
      "with all of them",
      { "Moor-Patch": "{}", "Moor-Principal": "a", "Moor-Rotate": "1", "Moor-End": "1", "Moor-Version": "2" },
      { patches: [{}], principal: "a", rotate: true, end: true, version: 2 },
    ],
  ])("%s", (_what, headers, asked) => expect(read(headers)).toEqual({ ...NO_INTENT, ...asked }));

  it("may carry several patches, which apply in order", () => {
    const headers = new Headers();
    for (const patch of ['{"a":null}', '{"a":{"b":1}}', '{"c":"x, y"},{"d":1}']) headers.append("Moor-Patch", patch);
    expect(read(headers)).toEqual({ ...NO_INTENT, patches: [{ a: null }, { a: { b: 1 } }, { c: "x, y" }, { d: 1 }] });
  });

  it.each([
    ["moor-patch", { "Moor-Patch": '{"theme":"dark"},{"user":"alice"}' }],
    ["moor-patch", { "Moor-Patch": '{"user":null}' }],
    ["moor-flash", { "Moor-Flash": '{"user":"alice"}' }],
  ])("may touch in %s no attribute that its pool may not write: %j", (header, headers) => {
    expect(read(headers, ALL, ["theme"])).toMatchObject({
      kind: "refused",
      header,
      reason: expect.stringContaining("session.write"),
    });
    expect(read(headers, ALL, ["theme", "user"])).toMatchObject({ kind: "intent" });
  });

  it("keeps __proto__ a plain name", () => {
    const changes = read({ "Moor-Patch": '{"__proto__":{"admin":true}}' });
    expect(JSON.stringify("patches" in changes && changes.patches)).toBe('[{"__proto__":{"admin":true}}]');
  });

  it("may carry patches of 16 KiB in all", () => {
    const patch = (bytes: number) => JSON.stringify({ a: "x".repeat(bytes - 8) });
    expect(read({ "Moor-Patch": patch(MAX_PATCH_HEADER_BYTES) }).kind).toBe("intent");
    expect(read({ "Moor-Patch": patch(MAX_PATCH_HEADER_BYTES + 1) })).toEqual({
      kind: "refused",
      header: "moor-patch",
      reason: "16385 bytes, at most 16384",
    });
  });
});

const nested = `${'{"a":'.repeat(33)}1${"}".repeat(33)}`;

describe("a response is refused, with a reason that holds no value", () => {
  it.each([
    ["Moor-Patch", "", "empty"],
    ["Moor-Patch", "{secret", "not JSON"],
    ["Moor-Patch", '{"a":"secret"', "not JSON"],
    ["Moor-Patch", '{"a":1},', "not JSON"],
    ["Moor-Patch", '{"a":1}]', "not JSON"],
    ["Moor-Patch", "secret", "not JSON"],
    ["Moor-Patch", "null", "not a JSON object"],
    ["Moor-Patch", '"secret"', "not a JSON object"],
    ["Moor-Patch", "[]", "not a JSON object"],
    ["Moor-Patch", "1", "not a JSON object"],
    ["Moor-Patch", '{"a":"sécret"}', "not ASCII; write other characters as \\u escapes"],
    ["Moor-Patch", nested, "nests deeper than 32 levels"],
    ["Moor-Principal", "", "not 1 to 256 characters of visible ASCII"],
    ["Moor-Principal", "secret name", "not 1 to 256 characters of visible ASCII"],
    ["Moor-Principal", "sécret", "not 1 to 256 characters of visible ASCII"],
    ["Moor-Principal", "s".repeat(257), "not 1 to 256 characters of visible ASCII"],
    ["Moor-Rotate", "0", 'not "1"'],
    ["Moor-Rotate", "", 'not "1"'],
    ["Moor-Rotate", "true", 'not "1"'],
    ["Moor-End", "0", 'not "1"'],
    ["Moor-End", "1, 1", 'not "1"'],
    ["Moor-Version", "0", "not a version"],
    ["Moor-Version", "01", "not a version"],
    ["Moor-Version", "1.5", "not a version"],
    ["Moor-Version", "-1", "not a version"],
    ["Moor-Version", '"6"', "not a version"],
    ["Moor-Version", "10000000000", "not a version"],
    ["Moor-Closed", "3601", "not 0 to 3600 seconds"],
    ["Moor-Closed", "30, 30", "not 0 to 3600 seconds"],
    ["Moor-Secret", "1", "not a header that Moor knows"],
  ])("%s: %s", (header, value, reason) => {
    expect(read({ [header]: value })).toEqual({ kind: "refused", header: header.toLowerCase(), reason });
  });

  it("when two headers ask for two principals", () => {
    const headers = new Headers([
      ["Moor-Principal", "alice"],
      ["Moor-Principal", "bob"],
    ]);
    expect(read(headers)).toMatchObject({ kind: "refused", header: "moor-principal" });
  });

  it.each<[string, Record<string, string>, Permission]>([
    ["a patch", { "Moor-Patch": "{}" }, "patch"],
    ["a login", { "Moor-Principal": "alice" }, "principal"],
    ["a rotation", { "Moor-Rotate": "1" }, "principal"],
    ["an end", { "Moor-End": "1" }, "end"],
  ])("when its pool may not ask for %s", (_what, headers, permission) => {
    const others = ALL.filter((one) => one !== permission);
    expect(read(headers, others)).toEqual({
      kind: "refused",
      header: Object.keys(headers)[0]?.toLowerCase(),
      reason: `the pool may not ask for "${permission}", see its session.may`,
    });
    expect(read(headers, [permission])).toMatchObject({ kind: "intent" });
  });

  it("may say the version that it has written, whatever its pool may ask for", () => {
    expect(read({ "Moor-Version": "6" }, [])).toMatchObject({ kind: "intent", version: 6 });
  });
});

describe("a response that a cache has held", () => {
  const reason = "the response comes from a cache and carries a change";

  it.each([
    ["Age", "12", "age"],
    ["Age", "0", "age"],
    ["CF-Cache-Status", "HIT", "cf-cache-status"],
    ["CF-Cache-Status", "STALE", "cf-cache-status"],
    ["CF-Cache-Status", "REVALIDATED", "cf-cache-status"],
    ["CF-Cache-Status", "UPDATING", "cf-cache-status"],
    ["CF-Cache-Status", "new-value", "cf-cache-status"],
  ])("%s: %s is refused if it carries a change: it would log the next visitor in", (name, value, header) => {
    expect(read({ "Moor-Principal": "alice", [name]: value })).toEqual({ kind: "refused", header, reason });
    expect(read({ [name]: value })).toEqual(NO_INTENT);
  });

  it.each(["MISS", "DYNAMIC", "BYPASS", "EXPIRED", "NONE/UNKNOWN", "dynamic"])(
    "CF-Cache-Status: %s is the origin's own",
    (value) => {
      expect(read({ "Moor-Principal": "alice", "CF-Cache-Status": value })).toMatchObject({ principal: "alice" });
    },
  );
});

it("every header that a pool may announce is one that Moor reads", () => {
  const rights = { see: true, may: ["patch", "principal", "end"], write: true } as const;
  for (const name of ORIGIN_HEADERS) {
    const headers = new Headers({ [name]: "?" });
    const answer = readIntent(headers, namesIn(headers), rights, true);
    expect(answer).not.toMatchObject({ reason: "not a header that Moor knows" });
  }
});
