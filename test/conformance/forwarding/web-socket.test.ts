import { once } from "node:events";
import { afterAll, expect, it } from "vitest";
import { startEchoOrigin } from "../../support/node/echo-origin.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startEchoOrigin("a");
const site = await startSite([origin]);
afterAll(async () => {
  await site.stop();
  await origin.stop();
});

it("a WebSocket passes both ways, with the handoff in its handshake", async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${site.moor.port}/`);
  socket.binaryType = "arraybuffer";
  const next = async () => ((await once(socket, "message")) as [MessageEvent])[0].data;
  expect(JSON.parse(await next())).toEqual({ aud: "shop", isNew: true });

  socket.send("héllo");
  expect(await next()).toBe("héllo");
  socket.send(Uint8Array.of(0, 255, 7));
  expect(new Uint8Array(await next())).toEqual(Uint8Array.of(0, 255, 7));

  const closed = once(socket, "close") as Promise<[CloseEvent]>;
  socket.close(4001, "enough");
  expect((await closed)[0]).toMatchObject({ code: 4001, reason: "enough" });
});
