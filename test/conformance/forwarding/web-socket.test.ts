import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Client } from "../../support/node/client.ts";
import { startSite } from "../../support/node/site.ts";
import { type Accepted, startWebSocketOrigin } from "../../support/node/web-socket-origin.ts";

/** The deadline of an upgrade. A busy machine meets it, too. */
const DEADLINE_MS = 2_000;
const origins = await Promise.all(["a", "b", "c"].map(startWebSocketOrigin));
const site = await startSite(origins, {
  pool: { attemptDeadlineMs: DEADLINE_MS },
  routes: [
    { path: "/brief", pool: "shop", maxSocketSeconds: 3 },
    { path: "/limited", pool: "shop", maxSocketSeconds: 600 },
    { path: "/*", pool: "shop" },
  ],
});
const opened: WebSocket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.terminate();
  for (const origin of origins) origin.upgradesWith([]);
});
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

/**
 * Opens a socket as a client with these cookies. Returns the socket that the origin has accepted, and its answer to the
 * upgrade.
 */
async function open(client: Client, { protocols = [] as string[], path = "/" } = {}) {
  const accepted = Promise.withResolvers<Accepted & { server: string }>();
  for (const origin of origins) origin.meets((given) => accepted.resolve({ ...given, server: origin.name }));
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const headers = { Host: "shop.test", "X-Forwarded-Proto": "https", ...(cookie !== "" && { Cookie: cookie }) };
  const socket = new WebSocket(`ws://127.0.0.1:${site.moor.port}${path}`, protocols, { headers });
  opened.push(socket);
  const upgraded = once(socket, "upgrade") as Promise<[{ headers: Record<string, string | string[] | undefined> }]>;
  await once(socket, "open");
  const [{ headers: answered }] = await upgraded;
  const { socket: atOrigin, request, server } = await accepted.promise;
  return { socket, atOrigin, request, server, answered };
}

async function next(socket: WebSocket): Promise<{ data: Buffer; isBinary: boolean }> {
  const [data, isBinary] = (await once(socket, "message")) as [Buffer, boolean];
  return { data, isBinary };
}

/** A frame as a client sends it, masked with zeros. */
function closeFrame(code: number, reason = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from([0x88, 0x80 | (2 + reason.length), 0, 0, 0, 0, code >> 8, code & 0xff]), reason]);
}

const claimsOf = (request: Accepted["request"]) =>
  JSON.parse(Buffer.from(String(request.headers["moor-session"]).split(".")[1] ?? "", "base64url").toString());

describe.each(["/", "/limited"])("a WebSocket (%s)", (path) => {
  it("carries text and binary, empty and large, both ways and in order", async () => {
    const { socket, atOrigin } = await open(site.client(), { path });
    const messages = ["", "héllo 🍑", Buffer.alloc(0), randomBytes(200), randomBytes(900_000), "x".repeat(70_000)];
    for (const [from, to] of [
      [socket, atOrigin],
      [atOrigin, socket],
    ] as const) {
      const received: { data: Buffer; isBinary: boolean }[] = [];
      const all = new Promise<void>((resolve) =>
        to.on("message", (data: Buffer, isBinary) => {
          received.push({ data, isBinary });
          if (received.length === messages.length) resolve();
        }),
      );
      for (const message of messages) from.send(message);
      await all;
      expect(received.map(({ isBinary }) => isBinary)).toEqual(messages.map((message) => typeof message !== "string"));
      for (const [index, message] of messages.entries()) {
        expect(received[index]?.data.equals(Buffer.from(message)), `message ${index}`).toBe(true);
      }
    }
  });

  it.each([
    { by: "the client", code: 1000, reason: "" },
    { by: "the client", code: 4001, reason: "enough" },
    { by: "the origin", code: 1001, reason: "going away" },
    { by: "the origin", code: 4999, reason: "ünusual" },
  ])("is closed by $by with $code, and the other side is told", async ({ by, code, reason }) => {
    const { socket, atOrigin } = await open(site.client(), { path });
    const [closing, other] = by === "the client" ? [socket, atOrigin] : [atOrigin, socket];
    const closed = once(other, "close") as Promise<[number, Buffer]>;
    closing.close(code, reason);
    const [told, why] = await closed;
    expect([told, why.toString()]).toEqual([code, reason]);
  });

  it.each(["the client", "the origin"])("that %s drops without a word is over for the other as well", async (by) => {
    const { socket, atOrigin } = await open(site.client(), { path });
    const [dropping, other] = by === "the client" ? [socket, atOrigin] : [atOrigin, socket];
    const closed = once(other, "close") as Promise<[number]>;
    dropping.terminate();
    // A Worker that passes messages on cannot drop a connection, and closes it as "going away".
    expect((await closed)[0]).toBe(path === "/" ? 1006 : 1001);
  });

  it("speaks the subprotocol that the origin has chosen from the client's offers", async () => {
    const { socket, request } = await open(site.client(), { path, protocols: ["superchat", "chat"] });
    expect(request.headers["sec-websocket-protocol"]).toBe("superchat,chat");
    expect(socket.protocol).toBe("chat");
  });

  it("outlives the deadline that its upgrade had", async () => {
    const { socket, atOrigin } = await open(site.client(), { path });
    await pause(1.2 * DEADLINE_MS);
    const received = next(socket);
    atOrigin.send("still here");
    expect((await received).data.toString()).toBe("still here");
  });
});

describe("a WebSocket of a route with maxSocketSeconds", () => {
  it("is closed with 1008 on both sides when its time is over, and not before", async () => {
    const askedAt = performance.now();
    const { socket, atOrigin } = await open(site.client(), { path: "/brief" });
    const closed = Promise.all([once(socket, "close"), once(atOrigin, "close")]) as Promise<[number][]>;
    const received = next(socket);
    atOrigin.send("here");
    expect((await received).data.toString()).toBe("here");
    expect((await closed).map(([code]) => code)).toEqual([1008, 1008]);
    expect(performance.now() - askedAt).toBeGreaterThan(2_900);
  });

  it.each([
    ["a close with a code that nobody may send", closeFrame(1004)],
    ["a close with a code out of range", closeFrame(5000)],
    ["a close with a reason that is no UTF-8", closeFrame(1000, Buffer.alloc(123, 0xff))],
    ["a frame of no kind", Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
  ])("is closed at the origin with 1001 when the client sends %s", async (_what, frame) => {
    const { socket, atOrigin } = await open(site.client(), { path: "/limited" });
    const closed = once(atOrigin, "close") as Promise<[number]>;
    socket.on("error", () => {});
    (socket as unknown as { _socket: Socket })._socket.write(frame);
    expect((await closed)[0]).toBe(1001);
  });

  it("lives on after a logout until then, as others do for good: that ends the session alone", async () => {
    const client = site.client();
    await client.ask("/");
    const { socket, atOrigin } = await open(client, { path: "/brief" });
    const closed = once(socket, "close") as Promise<[number]>;
    expect(
      (await client.ask("/.moor/logout", { method: "POST", headers: { "Sec-Fetch-Site": "same-origin" } })).status,
    ).toBe(204);
    const received = next(atOrigin);
    socket.send("still here");
    expect((await received).data.toString()).toBe("still here");
    expect((await closed)[0]).toBe(1008);
  });
});

describe("the upgrade", () => {
  it("goes to the server that the visitor's other requests go to", async () => {
    for (let visitor = 0; visitor < 6; visitor++) {
      const client = site.client();
      const { text } = await client.ask("/");
      expect((await open(client)).server).toBe(text);
    }
  });

  it("is sent to a single origin; the next upgrades go to another origin while that is down", async () => {
    const half = await startSite([{ name: "gone", url: "http://127.0.0.1:1" }, origins[0]!]);
    const outcomes: string[] = [];
    for (let visitor = 0; visitor < 16; visitor++) {
      const socket = new WebSocket(`ws://127.0.0.1:${half.moor.port}/`, { headers: { "X-Forwarded-Proto": "https" } });
      const outcome = once(socket, "open").then(
        () => "open",
        (fault: Error) => fault.message,
      );
      outcomes.push(await outcome);
      socket.terminate();
    }
    await half.stop();
    // Moor finds out that the origin is down by the first upgrade that the origin loses.
    expect(outcomes.filter((outcome) => outcome !== "open")).toEqual(["Unexpected server response: 502"]);
  });

  it("brings the handoff, and none of Moor's cookies", async () => {
    const client = site.client([["own", "1"]]);
    await client.ask("/");
    const { request } = await open(client);
    expect(claimsOf(request)).toMatchObject({ aud: "shop", new: true });
    expect(request.headers.cookie).toBe("own=1");
  });

  it("may change the session, and the client's token follows", async () => {
    const client = site.client();
    await client.ask("/");
    const before = client.token;
    for (const origin of origins) origin.upgradesWith(['Moor-Patch: {"basket":"apples"}', "Set-Cookie: own=1"]);
    const { answered, socket, atOrigin } = await open(client);
    const cookies = [answered["set-cookie"] ?? []].flat();
    expect(cookies.map((cookie) => cookie.split("=")[0])).toEqual(["own", "__Host-moor"]);
    expect(answered).not.toHaveProperty("moor-patch");
    const received = next(atOrigin);
    socket.send("works");
    expect((await received).data.toString()).toBe("works");

    client.keep({ setCookies: cookies });
    expect(client.token).not.toBe(before);
    for (const origin of origins) origin.upgradesWith([]);
    expect(claimsOf((await open(client)).request).data).toEqual({ basket: "apples" });
  });

  it("that the origin refuses is an ordinary response", async () => {
    const headers = { Host: "shop.test", "X-Forwarded-Proto": "https" };
    const socket = new WebSocket(`ws://127.0.0.1:${site.moor.port}/refused`, { headers });
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(401);
    socket.on("error", () => {}).terminate();
  });
});

describe("back-pressure", () => {
  it("reaches the origin: data that a client does not read is not piled up on the way", async () => {
    const { socket, atOrigin } = await open(site.client());
    const before = await site.moor.mostResidentBytes();
    socket.pause();
    const chunk = randomBytes(1_000_000);
    const total = 200;
    const bytes = total * chunk.length;
    for (let sent = 0; sent < total; sent++) atOrigin.send(chunk);
    await expect.poll(() => atOrigin.bufferedAmount).toBeLessThan(bytes);
    // Gives data the time to pile up where nothing holds it back.
    await pause(1_000);
    expect(atOrigin.bufferedAmount).toBeGreaterThan(bytes / 2);
    expect((await site.moor.mostResidentBytes()) - before).toBeLessThan(bytes / 2);

    let received = 0;
    const all = new Promise<void>((resolve) => socket.on("message", () => ++received === total && resolve()));
    socket.resume();
    await all;
  });
});

it("keeps keys, tokens and attributes out of the log", () => {
  expect(site.indiscretions("apples", "works")).toEqual([]);
});
