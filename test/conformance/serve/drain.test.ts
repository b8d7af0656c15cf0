/** @needs redis-server */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeEach, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { asProxyFor, plainRequest } from "../../support/node/plain-request.ts";
import { startRedisBySocket } from "../../support/node/redis-by-socket.ts";
import { type RunningServe, type ServeOptions, startServe } from "../../support/node/served.ts";

const [redis, origin] = await Promise.all([startRedisBySocket(), startLocalOrigin("a")]);
const running: RunningServe[] = [];
afterAll(async () => {
  await Promise.all(running.map((serve) => serve.kill()));
  await Promise.all([origin.stop(), redis.stop()]);
});

/** Requests that wait at the origin, by their target. */
const waiting = new Map<string, () => void>();
beforeEach(() => waiting.clear());
origin.answers((request, response) => {
  const target = String(request.url);
  if (target.startsWith("/change")) response.setHeader("Moor-Patch", '{"basket":"tea"}');
  if (target.startsWith("/wait")) waiting.set(target, () => response.end("answered"));
  else response.end("answered");
});

async function start(options: Partial<ServeOptions> = {}): Promise<RunningServe> {
  const config = { pools: [{ id: "shop", origins: [{ id: "a", url: origin.url }] }] };
  const serve = await startServe({ config, variables: { MOOR_REDIS_URL: redis.url }, ...options });
  running.push(serve);
  return serve;
}
const ask = ({ port }: RunningServe, target: string) =>
  plainRequest({ port, target, headers: asProxyFor("203.0.113.9") });
const health = async ({ healthPort }: RunningServe, path = "ready") => {
  const response = await fetch(`http://127.0.0.1:${healthPort}/${path}`);
  return { code: response.status, ...((await response.json()) as { status: string }) };
};
const isRefused = async (port: number) => {
  const socket = connect(port, "127.0.0.1");
  const [fault] = (await Promise.race([once(socket, "error"), once(socket, "connect")])) as [{ code?: string }?];
  socket.destroy();
  return fault?.code === "ECONNREFUSED";
};

it("goes on when nobody reads its log any more, says so once, and drains", async () => {
  const serve = await start();
  const { stdout, stderr } = serve.process;
  let said = "";
  stderr?.on("data", (text) => {
    said += text;
  });
  stdout?.destroy();
  // Each of these leaves a line.
  for (let asked = 0; asked < 3; asked++) {
    const request = { port: serve.port, target: "/", headers: asProxyFor("203.0.113.9"), host: "not.served.test" };
    expect((await plainRequest(request)).status).toBe(404);
  }
  await expect.poll(() => said).toContain("the log cannot be written (EPIPE)");
  const answer = ask(serve, "/wait");
  await expect.poll(() => waiting.has("/wait")).toBe(true);
  const stopped = serve.stop();
  waiting.get("/wait")?.();
  expect(await answer).toMatchObject({ status: 200, text: "answered" });
  expect(await stopped).toBe(0);
  expect(said.split("cannot be written")).toHaveLength(2);
});

it("finishes the requests that are under way, refuses new ones, and ends with 0", async () => {
  const serve = await start();
  const answer = ask(serve, "/wait");
  await expect.poll(() => waiting.has("/wait")).toBe(true);
  const stopped = serve.stop();
  await serve.entry("stopped_accepting");
  await expect.poll(() => isRefused(serve.port)).toBe(true);
  expect(serve.process.exitCode).toBeNull();
  waiting.get("/wait")?.();
  expect(await answer).toMatchObject({ status: 200, text: "answered" });
  expect(await stopped).toBe(0);
  expect(await serve.entry("drained")).toBeDefined();
});

it("says at /ready that it drains, and still accepts requests for as long as balancers need to hear of it", async () => {
  const serve = await start({ flags: ["--drain-notice-seconds", "3"] });
  expect(await health(serve)).toMatchObject({ code: 200, status: "ready" });
  const stopped = serve.stop();
  await serve.entry("draining");
  await expect.poll(() => health(serve)).toMatchObject({ code: 503, status: "draining" });
  expect(await health(serve, "live")).toMatchObject({ code: 200 });
  expect((await ask(serve, "/")).status).toBe(200);
  expect(await stopped).toBe(0);
});

it("finishes the work that goes on after an answer", async () => {
  const source = `events: async () => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    console.log(JSON.stringify({ event: "told_late" }));
  }`;
  const serve = await start({ source });
  expect((await ask(serve, "/change")).status).toBe(200);
  expect(serve.logged.some(({ event }) => event === "told_late")).toBe(false);
  expect(await serve.stop()).toBe(0);
  expect(serve.logged.map(({ event }) => event)).toContain("told_late");
});

it("cuts off what takes too long, says so, and ends with 1", async () => {
  const serve = await start({ flags: ["--drain-seconds", "1"] });
  const answer = ask(serve, "/wait");
  await expect.poll(() => waiting.has("/wait")).toBe(true);
  expect(await serve.stop()).toBe(1);
  expect((await answer).status).toBeNaN();
  expect(serve.logged.map(({ event }) => event)).toContain("drain_cut_off");
});

/** The runtime of a `moor serve`, which is its child. */
function runtimeOf({ process: { pid } }: RunningServe): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
  const found = children.find((child) => readFileSync(`/proc/${child}/comm`, "utf8") === "workerd\n");
  if (found === undefined) throw new Error("there is no workerd");
  return found;
}

it("ends a runtime that hangs, says that it was cut off, and ends with 1", async () => {
  const serve = await start({ flags: ["--drain-seconds", "1"] });
  process.kill(runtimeOf(serve), "SIGSTOP");
  expect(await serve.stop()).toBe(1);
  expect(serve.logged.map(({ event }) => event)).toContain("drain_cut_off");
});

it("says that work was cut off if the runtime dies while it drains", async () => {
  const serve = await start({ flags: ["--drain-notice-seconds", "60"] });
  const stopped = serve.stop();
  await serve.entry("draining");
  process.kill(runtimeOf(serve), "SIGKILL");
  expect(await stopped).toBe(1);
  expect(serve.logged.map(({ event }) => event)).toContain("drain_cut_off");
});

it("is not ready while its store is away, and lives on", async () => {
  const other = await startRedisBySocket();
  const serve = await start({ variables: { MOOR_REDIS_URL: other.url } });
  await other.stop();
  await expect.poll(() => health(serve)).toMatchObject({ code: 503, status: "store_unavailable" });
  expect(await health(serve, "live")).toMatchObject({ code: 200, status: "live" });
  expect(await serve.stop()).toBe(0);
});

it("does not go on to ask a store that is away how many sessions it has founded", async () => {
  const other = await startRedisBySocket();
  const serve = await start({ variables: { MOOR_REDIS_URL: other.url } });
  await other.stop();
  const reasons = async () => {
    expect((await ask(serve, "/change")).status).toBe(503);
    return serve.logged.filter(({ event }) => event === "session_unavailable").map(({ reason }) => reason);
  };
  await expect.poll(reasons).toContainEqual(expect.stringMatching(/^BreakerOpenError: redis for counts /));
});

it("runs workerd and what ends it, and keeps no process of the build", async () => {
  const { pid } = (await start()).process;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const names = children.map((child) => readFileSync(`/proc/${child}/comm`, "utf8").trim());
  expect(names.toSorted()).toEqual(["perl", "sh", "workerd"]);
});

it("leaves no process behind when it is killed, and no port", async () => {
  const serve = await start();
  await serve.kill();
  await expect.poll(() => isRefused(serve.port)).toBe(true);
});
