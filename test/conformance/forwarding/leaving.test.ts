import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startLocalOrigin("a");
const site = await startSite([origin], {
  routes: [
    { path: "/probes/*", pool: "shop", session: false },
    { path: "/*", pool: "shop" },
  ],
});
afterAll(async () => {
  await site.stop();
  await origin.stop();
});

/** Sends a request as `client` would, and resets the connection when `goes` says so. */
async function leave(client: Client, requestLine: string, goes: Promise<unknown>, body = "") {
  const socket = connect(site.moor.port, "127.0.0.1");
  await once(socket, "connect");
  const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const headers = ["Host: shop.test", "X-Forwarded-Proto: https", `Cookie: ${cookie}`];
  if (body !== "") headers.push(`Content-Length: ${body.length}`);
  socket.write(`${[`${requestLine} HTTP/1.1`, ...headers].join("\r\n")}\r\n\r\n${body}`);
  await goes;
  socket.resetAndDestroy();
}

describe("a client that leaves", () => {
  it("takes its GET with it: the origin's connection is closed", async () => {
    const arrived = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    origin.answers((_, response) => {
      arrived.resolve();
      response.on("close", () => closed.resolve());
    });
    await leave(site.client(), "GET /", arrived.promise);
    await closed.promise;
  });

  it("stops a response on its way to the client", async () => {
    const closed = Promise.withResolvers<boolean>();
    const begun = Promise.withResolvers<void>();
    origin.answers((_, response) => {
      response.write("begun");
      begun.resolve();
      response.on("close", () => closed.resolve(response.writableFinished));
    });
    await leave(
      site.client(),
      "GET /",
      begun.promise.then(() => pause(50)),
    );
    expect(await closed.promise).toBe(false);
  });

  it.each(["POST", "PUT", "DELETE", "PATCH"])(
    "does not undo the effect of its %s: the change is there afterwards",
    async (method) => {
      const client = site.client();
      const order = takeOrders();
      await client.ask("/", { method: "POST", body: "a first order" });
      await leave(client, `${method} /slow`, order.arrived, "one more");
      expect(await order.finished).toBe(true);
      await expect.poll(() => dataOf(client)).toEqual({ "a first order": true, "one more": true });
    },
  );

  it("does not undo its first change: it is there as soon as the client makes another change", async () => {
    const client = site.client();
    const order = takeOrders();
    await client.ask("/");
    await leave(client, "POST /slow", order.arrived, "one order");
    expect(await order.finished).toBe(true);
    await expect
      .poll(async () => {
        await client.ask("/", { method: "POST", body: "another" });
        return dataOf(client);
      })
      .toEqual({ "one order": true, another: true });
  });

  it("does not cut a POST off from its origin on a route without sessions either", async () => {
    const order = takeOrders();
    await leave(site.client(), "POST /probes/slow", order.arrived, "one order");
    expect(await order.finished).toBe(true);
  });
});

/** The origin keeps the bodies that it gets as attributes. Under `…/slow` it takes its time to answer. */
function takeOrders() {
  const arrived = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<boolean>();
  origin.answers(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (request.url?.endsWith("/slow")) {
      arrived.resolve();
      await pause(100);
      response.on("close", () => finished.resolve(response.writableFinished));
    }
    if (body !== "") response.setHeader("Moor-Patch", JSON.stringify({ [body]: true }));
    response.end(String(request.headers["moor-session"]).split(".")[1]);
  });
  return { arrived: arrived.promise, finished: finished.promise };
}

async function dataOf(client: Client) {
  return JSON.parse(Buffer.from((await client.ask("/")).text, "base64url").toString("utf8")).data;
}
