import { readFile } from "node:fs/promises";
import { afterAll, expect, it } from "vitest";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import type { Client } from "../../support/node/client.ts";
import { readOpenApi } from "../../support/node/open-api.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const openApi = await readOpenApi("docs/reference/openapi.json");
const origin = await startOrigin("a");
const site = await startSite([], {
  watched: true,
  pools: [
    { id: "shop", origins: [originConfig(origin)], session: { may: ["patch", "principal", "end"] } },
    { id: "reader", origins: [originConfig(origin)], session: { may: [] } },
  ],
  routes: [
    { path: "/reader/*", pool: "reader" },
    { path: "/*", pool: "shop" },
  ],
  session: { graceSeconds: 0, maxAttributeBytes: 4_096 },
  principals: {},
  admin: {},
  adminToken: ADMIN_TOKEN,
});
/** Its sessions are valid at their own host alone. */
const bound = await startSite([origin], { session: { bindTo: "host" } });
afterAll(async () => {
  await Promise.all([site.stop(), bound.stop()]);
  await origin.kill();
});

const seen = new Map<string, string[]>();

/** Calls the API, and compares the answer with the document. */
async function call(
  method: string,
  jwt: string | undefined,
  init: { path?: string; url?: string; body?: string; headers?: Record<string, string>; port?: number } = {},
) {
  const { path = "/.moor/session", url, port } = init;
  const asked = {
    method,
    headers: { ...(jwt === undefined ? {} : { Authorization: `Bearer ${jwt}` }), ...init.headers },
    ...(method === "PATCH" && { body: init.body ?? '{"a":1}' }),
  };
  await judge(method, path, asked, url, port);
}

/** @param path as the document names it. */
async function judge(method: string, path: string, init: RequestInit = {}, url = path, port = site.moor.port) {
  const response = await fetch(`http://127.0.0.1:${port}${url}`, init);
  const text = await response.text();
  const contentType = response.headers.get("content-type");
  const body = text === "" ? undefined : JSON.parse(text);
  const { name, mistakes } = openApi.check(method, path, { status: response.status, contentType, body });
  if (response.status === 503 && !response.headers.has("retry-after")) mistakes.push("it has no Retry-After");
  if (body?.version && response.status === 200 && response.headers.get("etag") !== `"${body.version}"`) {
    mistakes.push("its ETag is not its version");
  }
  seen.set(name, [...(seen.get(name) ?? []), ...mistakes]);
}

async function handoffOf(client: Client, path = "/"): Promise<string> {
  return (await client.ask(path)).told.headers["moor-session"] ?? "";
}

async function visitor(login = ""): Promise<Client> {
  const client = site.client();
  await client.ask(`/?set=basket:apples${login}`, { method: "POST" });
  return client;
}

/** Every reason for which any call may be refused. */
async function callInVain(method: string, where: { path?: string; url?: string }, { forbidden = true, login = "" }) {
  await call(method, undefined, where);
  await call(method, await handoffOf(site.client()), where);
  await call(method, await handoffOf(await visitor(login)), { ...where, headers: { Origin: "https://shop.test" } });
  if (forbidden) await call(method, await handoffOf(await visitor(login), "/reader/"), where);

  const down = await handoffOf(await visitor(login));
  await site.moor.objects.meet({ kind: "down" });
  await call(method, down, where);
  await site.moor.objects.meet(undefined);
  await expect.poll(async () => (await (await visitor()).ask("/")).status).toBe(200);

  const rotating = await visitor(login);
  const before = await handoffOf(rotating);
  await rotating.ask("/?rotate", { method: "POST" });
  await rotating.ask("/");
  await call(method, before, where);

  const ending = await visitor(login);
  const last = await handoffOf(ending);
  await ending.ask("/?end", { method: "POST" });
  await call(method, last, where);
}

const SESSIONS = { path: "/.moor/sessions" };

async function callSessions() {
  const one = { path: "/.moor/sessions/{id}", url: `/.moor/sessions/${"A".repeat(22)}` };
  for (const [method, where] of [
    ["GET", SESSIONS],
    ["DELETE", SESSIONS],
    ["DELETE", one],
  ] as const) {
    await callInVain(method, where, { login: "&login=alice" });
    await call(method, await handoffOf(await visitor()), where);
  }
  const [here, there] = [await visitor("&login=bob"), await visitor("&login=bob")];
  await call("DELETE", await handoffOf(here), one);
  await call("GET", await handoffOf(here), SESSIONS);
  await expect.poll(() => adminOf(site).count("bob")).toBe(2);
  const { sid } = (await there.ask("/")).told.session;
  await call("DELETE", await handoffOf(here), { ...one, url: `/.moor/sessions/${sid}` });
  await call("DELETE", await handoffOf(here), { ...SESSIONS, url: "/.moor/sessions?others=true" });

  // Of so many sessions the first 200 end at once, and a page has 100.
  const last = await visitor("&login=everybody");
  for (let batch = 0; batch < 21; batch++) {
    await Promise.all(Array.from({ length: 10 }, () => visitor("&login=everybody")));
  }
  const admin = adminOf(site);
  // The index hears of a login a moment after it.
  await expect.poll(() => admin.count("everybody")).toBeGreaterThan(200);
  const jwt = await handoffOf(last);
  await call("GET", jwt, SESSIONS);
  await call("DELETE", jwt, SESSIONS);
}

async function callAtAnotherHost() {
  const client = bound.client();
  const asked = { method: "POST", headers: { Host: "tenant.test" } };
  const jwt = (await client.ask("/?set=basket:apples", asked)).told.headers["moor-session"] ?? "";
  for (const method of ["GET", "POST", "PATCH", "DELETE"]) await call(method, jwt, { port: bound.moor.port });
}

it("docs/reference/openapi.json describes every answer that the APIs for origins give, and no other answers", async () => {
  await judge("GET", "/.moor/jwks.json");
  for (const method of ["GET", "POST", "PATCH", "DELETE"]) {
    await callInVain(method, {}, { forbidden: method === "PATCH" || method === "DELETE" });
  }
  await callSessions();
  await callAtAnotherHost();
  const jwt = await handoffOf(await visitor());
  await call("GET", jwt);
  await call("POST", jwt);
  await call("PATCH", jwt, { headers: { "If-Match": '"1"' } });
  await call("PATCH", jwt, { headers: { "If-Match": '"1"' } });
  await call("PATCH", jwt, { headers: { "If-Match": "*" } });
  await call("PATCH", jwt, { body: "[1]" });
  await call("PATCH", jwt, { body: JSON.stringify({ a: "x".repeat(5_000) }) });
  await call("PATCH", jwt, { body: JSON.stringify({ a: "x".repeat(4_080) }) });
  await call("DELETE", jwt);

  expect(Object.fromEntries([...seen].filter(([, mistakes]) => mistakes.length > 0))).toEqual({});
  expect([...seen.keys()].sort()).toEqual([...openApi.described].sort());
});

it("docs/reference/openapi.json has every code of the APIs' sources", async () => {
  const [bearer, session, sessions] = await Promise.all(
    ["bearer", "session-api", "sessions-api"].map((name) => readFile(`src/api/origins/${name}.ts`, "utf8")),
  );
  for (const [path, source] of [
    ["/.moor/session", `${bearer}${session}`],
    ["/.moor/sessions", `${bearer}${sessions}`],
  ] as const) {
    const found = source.matchAll(/(?:problem\(|refuse\()(\d{3}), "(\w+)"/g);
    const all = Array.from(found, ([, status, code]) => `${status} ${code}`);
    // Where sessions are bound to hosts, there is no index of principals, and so no API for its sessions.
    const codes = path === "/.moor/session" ? all : all.filter((code) => code !== "403 other_host");
    expect(codes.length).toBeGreaterThan(6);
    const described = openApi.described.filter((name) => new RegExp(` ${path}(/\\{id\\})? `).test(name));
    for (const code of codes)
      expect(
        described.filter((name) => name.endsWith(code)),
        code,
      ).not.toEqual([]);
  }
});
