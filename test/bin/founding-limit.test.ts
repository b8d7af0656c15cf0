import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { startOrigin } from "../support/node/origins.ts";
import { createVisitor, fronting, readyUrl, startServer } from "./moor-dev.ts";
import { createProject, type Project } from "./project.ts";

const LIMIT = 8;

/** A project whose addresses may found {@link LIMIT} sessions a minute. */
async function limitedProject(): Promise<Project> {
  const project = await createProject();
  const settings = await readFile("wrangler.toml", "utf8");
  const limited = settings.replace("{ limit = 600, period = 60 }", `{ limit = ${LIMIT}, period = 60 }`);
  expect(limited).not.toBe(settings);
  await project.write("wrangler.toml", limited);
  return project;
}

/** Founds sessions until another session is refused. The window may pass once meanwhile. */
async function exhaust(url: string): Promise<Response | undefined> {
  for (let founded = 1; founded <= 2 * LIMIT; founded++) {
    const response = await fetch(url);
    if (!response.ok) return response;
    await response.arrayBuffer();
  }
  return undefined;
}

it("an address that has more sessions founded in a minute than wrangler.toml allows gets 429, and other addresses do not", async () => {
  const url = await readyUrl(await fronting(await limitedProject(), [await startServer("one")]));
  const member = createVisitor();
  await member(`${url}/visit`);

  const refused = await exhaust(`${url}/visit`);
  expect(refused?.status).toBe(429);
  expect(refused?.headers.get("Retry-After")).toBe("60");
  expect(refused?.headers.getSetCookie()).toEqual([]);
  expect(await refused?.json()).toMatchObject({ code: "too_many_new_sessions" });

  expect(await member(`${url}/visit`)).toMatchObject({ name: "one", session: { data: { visited: "one" } } });
  expect((await fetch(`${url}/`)).status).toBe(200);
});

it("the limit counts sessions that begin anew, by a login under an older token, and tombstones of sessions that were never stored", async () => {
  const origin = await startOrigin("a");
  const url = await readyUrl(await fronting(await limitedProject(), [origin.url]));
  const ask = async (path: string, cookie: string, method = "POST") => {
    const site = method === "GET" ? {} : { "Sec-Fetch-Site": "same-origin" };
    const response = await fetch(`${url}${path}`, { method, headers: { cookie, ...site } });
    await response.arrayBuffer();
    const cookies = response.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
    return { status: response.status, token: cookies.find((line) => /^moor-\d+=/.test(line)) ?? "" };
  };
  const anonymous = (await ask("/", "", "GET")).token;
  const older = (await ask("/?set=a:1", (await ask("/", "", "GET")).token)).token;
  await ask("/?login=mallory", older);

  const statuses = { login: new Set<number>(), end: new Set<number>(), logout: new Set<number>() };
  // The window may pass between two requests, once in a minute.
  for (let round = 0; round < 2; round++) {
    expect((await exhaust(`${url}/?set=a:1`))?.status).toBe(429);
    statuses.login.add((await ask("/?login=mallory", older)).status);
    statuses.end.add((await ask("/?end", anonymous)).status);
    statuses.logout.add((await ask("/.moor/logout", anonymous)).status);
  }
  await origin.kill();
  expect(Object.values(statuses).map((seen) => seen.has(429))).toEqual([true, true, true]);
});
