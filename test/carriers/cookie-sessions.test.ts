import { describe, expect, it } from "vitest";
import { createCarrier, resolveCarrier } from "../../src/carriers/registry.ts";
import { createCarriers } from "../../src/inbound/carriers.ts";

const NOW = Date.UTC(2026, 11, 1);
const ID = "Zk0V0Fh0cX5sVnq0yq0nCw";
const TAG = ID.slice(0, 8);
const options = { now: () => NOW, markLifeSeconds: 60, holdsSessions: true };
const settings = resolveCarrier({ type: "cookie" });
const { https, http } = createCarrier(settings, options);
const asked = (cookie: string) => new Request("https://shop.test/", { headers: { Cookie: cookie } });

function written(write: (headers: Headers) => void): string[] {
  const headers = new Headers();
  write(headers);
  return headers.getSetCookie();
}

describe("a cookie carrier that holds whole sessions", () => {
  it("writes the token of each session under a name of its own, and clears that name alone", () => {
    const credentials = { token: "text", proof: "", marks: [], sessionId: ID };
    expect(written((headers) => https.write(headers, credentials, NOW + 5_000, false))).toEqual([
      `__Host-moor.${TAG}=text; Max-Age=5; Path=/; HttpOnly; Secure; SameSite=Lax`,
    ]);
    expect(written((headers) => http.write(headers, credentials, NOW, false))[0]).toContain(`moor.${TAG}=text; `);
    const [cleared] = written((headers) => https.clear(headers, ID));
    expect(cleared).toContain(`__Host-moor.${TAG}=; Max-Age=0`);
  });

  it("reads all tokens, and no cookie of another kind as a token", () => {
    const states = `__Host-moor.${TAG}.abcdef=state; __Host-moor.${TAG}.end=end`;
    expect(
      https.read(asked(`${states}; __Host-moor=plain; __Host-moor.AAAAAAAA=one; __Host-moor.BBBBBBBB=two`)),
    ).toEqual(expect.objectContaining({ token: "one", others: ["two"] }));
    expect(https.read(asked(`${states}; __Host-moor=plain`))).toBeUndefined();
    const ended = "__Host-moor.AAAAAAAA=one; __Host-moor.AAAAAAAA.end=end; __Host-moor.BBBBBBBB=two";
    expect(https.read(asked(ended))).toMatchObject({ token: "two", others: [] });
    expect(https.read(asked(ended.replace(/; [^;]*$/, "")))).toMatchObject({ token: "one", others: [] });
    const many = Array.from({ length: 30 }, (_, n) => `__Host-moor.AAAAAA${10 + n}=t${n}`).join("; ");
    expect(https.read(asked(many))?.others).toHaveLength(7);
  });

  it("reads and writes the parts of one session", () => {
    const cookies = https.sessions?.(
      asked(`__Host-moor.${TAG}.one=1; __Host-moor.AAAAAAAA.two=2; __Host-moor.${TAG}=t`),
    );
    expect(cookies?.of(ID)).toEqual([{ part: "one", value: "1" }]);
    expect(cookies?.write(ID, "abcdef", "text", NOW + 9_000)).toBe(
      `__Host-moor.${TAG}.abcdef=text; Max-Age=9; Path=/; HttpOnly; Secure; SameSite=Lax`,
    );
    expect(cookies?.forget(ID, "abcdef")).toContain(`__Host-moor.${TAG}.abcdef=; Max-Age=0`);
    expect(cookies?.forget(ID)).toContain(`__Host-moor.${TAG}=; Max-Age=0`);
  });

  it("lets states end with the browser, and tombstones not, if only remembered visitors outlive it", () => {
    const remembered = resolveCarrier({ type: "cookie", persistent: "remembered" });
    const cookies = createCarrier(remembered, options).https.sessions?.(asked(""));
    expect(cookies?.write(ID, "abcdef", "text", NOW + 9_000)).not.toContain("Max-Age");
    expect(cookies?.keep(ID, "end", "text", NOW + 9_000)).toContain("Max-Age=9");
  });

  it("keeps all of these cookies from origins, in both directions", () => {
    const carriers = createCarriers([settings], options);
    const headers = new Headers({ Cookie: `a=1; __Host-moor.${TAG}=t; __Host-moor.${TAG}.abcdef=s; b=2` });
    carriers.cut(headers);
    expect(headers.get("Cookie")).toBe("a=1; b=2");
    expect(carriers.own.isCookie(`__Host-moor.${TAG}.abcdef`)).toBe(true);
  });

  it("leaves such names to the application if it holds no sessions", () => {
    const { https: plain } = createCarrier(settings, { now: () => NOW, markLifeSeconds: 60 });
    expect(plain.owns.isCookie("__Host-moor.theme")).toBe(false);
    expect(plain.sessions).toBeUndefined();
  });
});
