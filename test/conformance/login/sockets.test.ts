/** @any-runtime */
/** @quick */
import { afterAll, expect, it } from "vitest";
import { HOME, logIn, SCRIPT, startGuardedSite } from "./guarded-site.ts";

const { site, stop } = await startGuardedSite({ carriers: [{ type: "cookie", sameSite: "none" }] });
afterAll(stop);

const SOCKET = { ...SCRIPT, Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" };

it("a page of another site opens no socket behind a guard, also where browsers send it the cookie", async () => {
  const client = site.client();
  await logIn(client, "/orders/7", { login: "alice" });
  const foreign = await client.ask("/orders/7", { headers: { ...SOCKET, Origin: "https://evil.test" } });
  const own = await client.ask("/orders/7", { headers: { ...SOCKET, Origin: HOME } });
  // The server of the test has no sockets, and answers as to any request.
  expect([foreign.status, own.status]).toEqual([403, 200]);
});
