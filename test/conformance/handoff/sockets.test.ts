/** @any-runtime */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { decodeJwt } from "jose";
import { afterAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createOrigin } from "../../../src/sdk/origin/index.ts";
import { startPlainEdge } from "../../support/node/plain-edge.ts";
import { startSite } from "../../support/node/site.ts";
import { startWebSocketOrigin } from "../../support/node/web-socket-origin.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

const origin = await startWebSocketOrigin("a");
const site = await startSite([origin], { watched: true, session: { idleSeconds: 600 } });
let elapsedMs = 0;
const edge = await startPlainEdge(site.moor.port);
const { url: moorUrl } = edge;
const moor = createOrigin({ issuer: TEST_ISSUER, audience: "shop", moorUrl, now: () => Date.now() + elapsedMs });
afterAll(async () => {
  edge.stop();
  await site.stop();
  await origin.stop();
});

async function elapse(seconds: number) {
  await site.moor.elapse(seconds);
  elapsedMs += seconds * 1000;
}

/** Opens a socket. Returns it with the socket, the request and the session that the origin has accepted. */
async function open(headers: Record<string, string>) {
  const upgraded = Promise.withResolvers<{ socket: WebSocket; request: IncomingMessage }>();
  origin.meets(upgraded.resolve);
  const sent = { Host: "shop.test", "X-Forwarded-Proto": "https", ...headers };
  const socket = new WebSocket(`ws://127.0.0.1:${site.moor.port}/`, { headers: sent });
  await once(socket, "open");
  const { socket: atOrigin, request } = await upgraded.promise;
  return { socket, atOrigin, request, session: await moor.session(request) };
}

/** The cookies of a visitor whom the origin has logged in by the answer to an upgrade. */
async function visitor(): Promise<Record<string, string>> {
  origin.upgradesWith(["Moor-Principal: alice"]);
  const upgrade = new WebSocket(`ws://127.0.0.1:${site.moor.port}/`, {
    headers: { Host: "shop.test", "X-Forwarded-Proto": "https" },
  });
  const [{ headers }] = (await once(upgrade, "upgrade")) as [IncomingMessage];
  origin.upgradesWith([]);
  upgrade.terminate();
  return { Cookie: (headers["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0]).join("; ") };
}

it("a socket uses its session for as long as its server renews the handoff", async () => {
  const { socket, atOrigin, session } = await open(await visitor());
  const bornAt = session.times?.bornAt;
  // Longer than a handoff is valid, and than a session lives without a use.
  for (let seconds = 0; seconds < 900; seconds += 45) {
    await elapse(45);
    const { version, times } = await session.api.renew();
    expect([version, times?.bornAt]).toEqual([1, bornAt]);
    expect(times?.idleDeadline).toBeGreaterThan(Date.now() + elapsedMs + 500_000);
  }
  atOrigin.on("message", async (text) => {
    await session.api.patch({ said: String(text) });
    atOrigin.send(JSON.stringify(session.attributes));
  });
  socket.send("hello");
  const [shown] = (await once(socket, "message")) as [Buffer];
  expect(JSON.parse(String(shown))).toEqual({ said: "hello" });
  expect(session).toMatchObject({ host: "shop.test", scheme: "https", principal: "alice", version: 2 });
  socket.terminate();
});

it("a socket whose server lets the handoff expire can neither use nor renew it", async () => {
  const { socket, session } = await open(await visitor());
  await session.api.renew();
  await elapse(91);
  for (const call of [() => session.api.read(), () => session.api.renew()]) {
    await expect(call()).rejects.toMatchObject({ code: "session-refused" });
  }
  socket.terminate();
});

it("a renewed handoff tells the public address of the upgrade, whatever host the session API is asked at", async () => {
  const { socket, request } = await open(await visitor());
  const headers = { Authorization: `Bearer ${request.headers["moor-session"]}` };
  const renewed = await fetch(`${moorUrl}/.moor/session`, { method: "POST", headers });
  expect(decodeJwt(String(renewed.headers.get("moor-session")))).toMatchObject({ host: "shop.test", scheme: "https" });
  socket.terminate();
});
