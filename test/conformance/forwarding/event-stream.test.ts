/** @any-runtime */
/** @without-login */
import { once } from "node:events";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startSite } from "../../support/node/site.ts";

/** The deadline of a request. A busy machine meets it, too. */
const DEADLINE_MS = 2_000;
const origins = await Promise.all(["a", "b", "c"].map(startLocalOrigin));
const site = await startSite(origins, { pool: { attemptDeadlineMs: DEADLINE_MS } });
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

/**
 * Opens an event stream as `EventSource` does. Returns the bytes that the client reads, and the origin's end of the
 * stream.
 */
async function subscribe(client: Client, headers: Record<string, string> = {}) {
  const asked = Promise.withResolvers<{ server: string; request: IncomingMessage; stream: ServerResponse }>();
  for (const origin of origins) {
    origin.answers((request, stream) => {
      if (request.url !== "/events") return stream.end();
      const patch = request.headers["last-event-id"] ? {} : { "Moor-Patch": '{"subscribed":true}' };
      stream.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache", ...patch });
      stream.flushHeaders();
      asked.resolve({ server: origin.name, request, stream });
    });
  }
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const sent = { Host: "shop.test", "X-Forwarded-Proto": "https", Accept: "text/event-stream", ...headers };
  const outgoing = request({
    host: "127.0.0.1",
    port: site.moor.port,
    path: "/events",
    headers: { ...sent, ...(cookie && { Cookie: cookie }) },
  });
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  response.setEncoding("utf8");
  return { ...(await asked.promise), response, outgoing };
}

const next = async (response: IncomingMessage) => ((await once(response, "data")) as [string])[0];

describe("an event stream", () => {
  it("begins as soon as the origin has begun it, before there is an event", async () => {
    const { response, outgoing } = await subscribe(site.client());
    expect(response.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": expect.anything() });
    outgoing.destroy();
  });

  it("brings each event when it is sent, though the next is not; and outlives the deadline of its request", async () => {
    const { response, stream, outgoing } = await subscribe(site.client());
    for (const event of ["data: 1\n\n", "id: 7\ndata: héllo 🍑\n\n", ": still here\n\n"]) {
      stream.write(event);
      expect(await next(response)).toBe(event);
      await pause(0.5 * DEADLINE_MS);
    }
    outgoing.destroy();
  });

  it("changes the session by its headers, before its first event", async () => {
    const client = site.client();
    await client.ask("/");
    const { response, outgoing } = await subscribe(client);
    client.keep({ setCookies: response.headers["set-cookie"] ?? [] });
    outgoing.destroy();
    const { request, outgoing: second } = await subscribe(client, { "Last-Event-ID": "7" });
    const claims = String(request.headers["moor-session"]).split(".")[1] ?? "";
    expect(JSON.parse(Buffer.from(claims, "base64url").toString()).data).toEqual({ subscribed: true });
    second.destroy();
  });

  it("is resumed at the server that sent it, with the id of the last event", async () => {
    const client = site.client();
    await client.ask("/");
    const first = await subscribe(client);
    first.outgoing.destroy();
    const again = await subscribe(client, { "Last-Event-ID": "7" });
    expect(again.server).toBe(first.server);
    expect(again.request.headers["last-event-id"]).toBe("7");
    again.outgoing.destroy();
  });

  it("is over at the origin when its client's connection is reset", async () => {
    const { stream, outgoing } = await subscribe(site.client());
    const closed = once(stream, "close");
    outgoing.socket?.resetAndDestroy();
    await closed;
  });

  it("is over at the origin with the next event after its client has hung up", async () => {
    const { stream, outgoing } = await subscribe(site.client());
    const closed = once(stream, "close");
    outgoing.destroy();
    const beat = setInterval(() => stream.write(": still here\n\n"), 20);
    await closed;
    clearInterval(beat);
  });

  it("breaks off at the client when its origin does, so that it is asked for again", async () => {
    const { response, stream } = await subscribe(site.client());
    stream.write("data: 1\n\n");
    await next(response);
    stream.destroy();
    await expect(once(response, "end")).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("that is not read holds the origin back", async () => {
    const { response, stream, outgoing } = await subscribe(site.client());
    const before = await site.moor.mostResidentBytes();
    response.pause();
    const chunk = `data: ${"x".repeat(1_000_000)}\n\n`;
    let sent = 0;
    while (stream.write(chunk) || sent < 200) sent++;
    const bytes = sent * chunk.length;
    // Gives data the time to pile up where nothing holds it back.
    await pause(1_000);
    expect(stream.writableLength).toBeGreaterThan(bytes / 2);
    expect((await site.moor.mostResidentBytes()) - before).toBeLessThan(bytes / 2);
    outgoing.destroy();
  });
});
