/** @quick */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Order, Seen } from "../../bench/http/load.ts";
import { messageOf, startScript } from "../../bench/http/script.ts";
import { requestText } from "../../bench/http/visitors.ts";

const server = createServer((request, response) => {
  if (request.url === "/renewed") response.setHeader("Set-Cookie", "a=b");
  response.end("page");
});
const load = startScript("load.ts");

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => {
  load.kill();
  server.closeAllConnections();
  server.close();
});

async function seenOf(path: string, isSettled: boolean): Promise<Seen> {
  const { port } = server.address() as AddressInfo;
  const requests = [requestText(path)];
  const order: Order = {
    port,
    pid: process.pid,
    requests,
    isSettled,
    connections: 2,
    warmMs: 0,
    measureMs: 0,
    count: 10,
  };
  load.send(order);
  return messageOf<Seen>(load);
}

describe("the load of settled visitors", () => {
  it("counts an answer that sets a cookie as failed", async () => {
    const { answered, failed } = await seenOf("/renewed", true);
    expect(answered).toBe(0);
    expect(failed).toBeGreaterThanOrEqual(10);
  });

  it("counts any other answer", async () => {
    const { answered, failed } = await seenOf("/", true);
    expect(answered).toBeGreaterThanOrEqual(10);
    expect(failed).toBe(0);
  });

  it("counts a cookie as an answer where visitors are not settled", async () =>
    expect((await seenOf("/renewed", false)).failed).toBe(0));
});
