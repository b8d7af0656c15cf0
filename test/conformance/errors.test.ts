/** @quick */
import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import { FAILURES } from "../../src/errors.ts";
import { LOGIN_FAILURES } from "../../src/login/answers.ts";
import { type Answer, type Asking, Client } from "../support/node/client.ts";
import { startLocalOrigin } from "../support/node/local-origin.ts";
import { DEAD_PORT } from "../support/node/ports.ts";
import { originConfig, startSite } from "../support/node/site.ts";
import { type RunningMoor, startMoor } from "../support/node/workerd.ts";

const [origin, silent] = await Promise.all([startLocalOrigin("origin-a"), startLocalOrigin("origin-silent")]);
const gone = { name: "origin-gone", url: `http://127.0.0.1:${DEAD_PORT}` };
const site = await startSite([], {
  watched: true,
  pools: [origin, silent, gone].map((one) => ({
    id: `pool-${one.name}`,
    origins: [originConfig(one)],
    attemptDeadlineMs: one === silent ? 100 : 20_000,
    session: { may: ["patch", "end"] },
  })),
  routes: [
    { path: "/silent", pool: "pool-origin-silent" },
    { path: "/gone", pool: "pool-origin-gone" },
    { path: "/own", pool: "pool-origin-gone", strictAffinity: true },
    { path: "/served/form", pool: "pool-origin-a", crossSite: "repost" },
    { path: "/served/*", pool: "pool-origin-a" },
  ],
});
const ending: (() => Promise<unknown>)[] = [() => site.stop(), () => origin.stop(), () => silent.stop()];
afterAll(() => Promise.all(ending.map((end) => end())));

/** A failure: its answer, and the Moor that has logged it. */
interface Provoked {
  readonly answer: Answer;
  readonly by: RunningMoor;
}
type Provoke = (asking: Asking) => Promise<Provoked>;

const plain = (path: string, more: Asking = {}): Provoke => {
  return async (asking) => ({
    answer: await site.client().send(path, { ...more, ...asking, headers: { ...more.headers, ...asking.headers } }),
    by: site.moor,
  });
};

/** The post of a form that is on a page of another site. */
const form = (type: string, body: string): Provoke => {
  return (asking) => {
    const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Content-Type": type };
    return plain("/served/form", { method: "POST", headers, body })(asking);
  };
};

/** For each code a request that provokes it. */
const provokes: Record<string, Provoke> = {
  bad_request: plain("/served/", { headers: { Host: "shop.test@evil.test" } }),
  no_route: plain("/elsewhere"),
  method_not_supported: (asking) => plain("/served/")({ ...asking, method: "TRACE" }),
  method_not_allowed: plain("/.moor/logout"),
  cross_site: (asking) => {
    const headers = { ...asking.headers, "Sec-Fetch-Site": "cross-site" };
    return plain("/.moor/logout")({ ...asking, method: "POST", headers });
  },
  form_not_supported: form("multipart/form-data; boundary=x", "--x--"),
  form_too_large: form("application/x-www-form-urlencoded", `a=${"x".repeat(512 * 1024)}`),
  origin_unreachable: plain("/gone"),
  own_origin_unavailable: plain("/own"),
  origin_timeout: async (asking) => {
    silent.answers(() => {});
    return plain("/silent")(asking);
  },
  origin_change_refused: async (asking) => {
    origin.answers((_, response) => response.setHeader("Moor-Patch", "no JSON, but S3CRET").end("the origin's words"));
    return plain("/served/")(asking);
  },
  session_ended: async (asking) => {
    const client = await visitor();
    const arrived = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    origin.answers(async (request, response) => {
      if (request.url === "/served/end") return response.setHeader("Moor-End", "1").end();
      arrived.resolve();
      await held.promise;
      return response.setHeader("Moor-Patch", '{"basket":"pears"}').end();
    });
    const answering = client.send("/served/", asking);
    await arrived.promise;
    await client.send("/served/end");
    held.resolve();
    return { answer: await answering, by: site.moor };
  },
  session_unavailable: async (asking) => {
    const client = await visitor();
    await site.moor.objects.meet({ kind: "down" });
    const answer = await client.send("/served/", { ...asking, method: "POST" });
    await site.moor.objects.meet(undefined);
    await expect.poll(async () => (await visitor()).cookies.size).toBeGreaterThan(0);
    return { answer, by: site.moor };
  },
  not_configured: (asking) => broken({ pools: [] } as never, {}, asking),
  internal_error: (asking) => broken(undefined, { handoff: `1:${"A".repeat(43)}` }, asking),
};

/** Codes that plain workerd cannot provoke, or that need a site of their own, with the test that provokes them. */
const provokedElsewhere: Record<string, string> = {
  login_required: "test/conformance/login/flow.test.ts",
  login_elsewhere: "test/conformance/login/several.test.ts",
  login_loops: "test/conformance/login/flow.test.ts",
  login_unavailable: "test/conformance/login/flow.test.ts",
  login_failed: "test/conformance/login/callback.test.ts",
  login_denied: "test/conformance/login/callback.test.ts",
  cookies_refused: "test/conformance/login/callback.test.ts",
  claims_too_large: "test/conformance/login/callback.test.ts",
  role_missing: "test/conformance/login/roles.test.ts",
  step_up_refused: "test/conformance/login/roles.test.ts",
  other_account: "test/conformance/login/roles.test.ts",
  too_many_new_sessions: "test/bin/founding-limit.test.ts",
  too_many_sessions: "test/conformance/principals/limits.test.ts",
  lock_timeout: "test/conformance/locking/locking.test.ts",
  lock_lost: "test/conformance/locking/locking.test.ts",
};

/** The event in the log, for codes whose event has another name. */
const EVENTS: Readonly<Record<string, string>> = {
  bad_request: "request_refused",
  cross_site: "request_refused",
  form_not_supported: "request_refused",
  form_too_large: "request_refused",
  no_route: "request_refused",
  method_not_allowed: "request_refused",
  method_not_supported: "request_refused",
  origin_unreachable: "origin_failed",
  origin_timeout: "origin_failed",
  own_origin_unavailable: "origin_failed",
};

async function visitor(): Promise<Client> {
  const client = site.client();
  origin.answers((_, response) => response.setHeader("Moor-Patch", '{"basket":"apples"}').end());
  await client.ask("/served/");
  origin.answers((_, response) => response.setHeader("Moor-Patch", '{"basket":"plums"}').end());
  return client;
}

const config = { pools: [{ id: "shop", origins: [{ id: "a", url: origin.url }] }] };
async function broken(wrong: typeof config | undefined, keys: { handoff?: string }, asking: Asking): Promise<Provoked> {
  const moor = await startMoor(wrong ?? config, { keys, broken: true });
  ending.push(() => moor.stop());
  const client = new Client(moor.port);
  ending.push(async () => client.close());
  return { answer: await client.send("/.moor/jwks.json", asking), by: moor };
}

const rows = (await readFile("docs/reference/errors.md", "utf8"))
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()));
const table = rows.flatMap(([, status = "", code = ""]) =>
  /^\d{3}$/.test(status) ? [{ status: Number(status), code: code.replaceAll("`", "") }] : [],
);

const failures = { ...FAILURES, ...LOGIN_FAILURES };

describe("docs/reference/errors.md", () => {
  it("has a row for every failure, with its status, and no other", () => {
    const coded = table.filter(({ code }) => code !== "").map(({ status, code }) => [code, status]);
    expect(Object.fromEntries(coded)).toEqual(
      Object.fromEntries(Object.entries(failures).map(([code, { status }]) => [code, status])),
    );
    expect(coded).toHaveLength(Object.keys(failures).length);
  });

  it("has no failure that no test provokes", async () => {
    const codes = table.flatMap(({ code }) => (code === "" ? [] : [code]));
    expect([...Object.keys(provokes), ...Object.keys(provokedElsewhere)].sort()).toEqual([...codes].sort());
    for (const [code, file] of Object.entries(provokedElsewhere)) expect(await readFile(file, "utf8")).toContain(code);
  });

  it("says that plain http is sent to https", async () => {
    const answer = await site.client().send("/served/a?b", { headers: { "X-Forwarded-Proto": "http" } });
    expect(table[0]).toEqual({ status: 308, code: "" });
    expect([answer.status, answer.headers.location]).toEqual([308, "https://shop.test/served/a?b"]);
  });
});

describe.each(table.filter(({ code }) => code in provokes))("$status $code", ({ status, code }) => {
  const provoke = provokes[code]!;

  it("is problem details for a program, and a page for a person", async () => {
    const { answer } = await provoke({ headers: { Accept: "application/json" } });
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(JSON.parse(answer.text)).toMatchObject({ status, code, title: expect.any(String) });

    const { answer: page } = await provoke({ headers: { Accept: "text/html,*/*;q=0.8" } });
    expect(page.status).toBe(status);
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.text).toContain(`<h1>${JSON.parse(answer.text).title}</h1>`);
  });

  it("is not cached, leaves the token alone, says when to try again if that helps, and shows nothing of the origins", async () => {
    const { answer } = await provoke({});
    expect(answer.headers["cache-control"]).toMatch(/^(private, )?no-store$/);
    expect(answer.setCookies.filter((cookie) => !cookie.startsWith("__Host-moor-mark-"))).toEqual([]);
    expect(answer.headers["retry-after"]).toEqual(status >= 502 ? expect.stringMatching(/^\d+$/) : undefined);
    const said = JSON.stringify(answer.headers) + answer.text;
    for (const secret of ["127.0.0.1", "origin-", "pool-", "apples", "pears", "plums", "S3CRET"])
      expect(said).not.toContain(secret);
  });

  it("is a line in the log, with the reason and no value", async () => {
    const before = site.moor.logged.length;
    const { by } = await provoke({});
    const lines = () => (by === site.moor ? by.logged.slice(before) : by.logged);
    const event = EVENTS[code] ?? code;
    await expect.poll(() => lines().join("\n")).toContain(`"event":"${event}"`);
    expect(lines().filter((line) => /apples|pears|plums|S3CRET/.test(line))).toEqual([]);
  });
});
