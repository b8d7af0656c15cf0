/** The code of origins in docs/guide, with the names around it that the pages leave to the reader. */
import {
  createOrigin,
  type HeaderSource,
  type HeaderTarget,
  type OriginSession,
} from "../../../src/sdk/origin/index.ts";

declare const request: HeaderSource;
declare const response: HeaderTarget;
declare const socket: { close(code: number): void; on(event: "close", then: () => void): void };
declare const form: URLSearchParams;
declare function userWithPassword(name: string | null, password: string | null): Promise<{ id: string } | undefined>;

export async function changesTheSession() {
  const moor = createOrigin({ issuer: "https://shop.example.com", audience: "shop" });
  const session = await moor.session(request); // session.principal, session.attributes
  session.patch({ basket: { apples: 2 } });
  session.apply(response);
}

export async function storesAtOnce(moor: ReturnType<typeof createOrigin>) {
  const session = await moor.session(request);
  await session.api.patch({ order: { paid: true } }, { ifVersion: session.version }); // stored before the next line runs
}

export async function renewsForASocket(moor: ReturnType<typeof createOrigin>) {
  const session = await moor.session(request); // the upgrade
  const timer = setInterval(() => {
    session.api.renew().catch((error) => error.code === "session-over" && socket.close(1008));
  }, 30_000);
  socket.on("close", () => clearInterval(timer));
}

export async function logsIn(moor: ReturnType<typeof createOrigin>) {
  const user = await userWithPassword(form.get("name"), form.get("password")); // your own check
  const session = await moor.session(request);
  if (user) session.login(user.id, { remember: form.has("remember") });
  session.apply(response);
}

export async function showsDevices(session: OriginSession) {
  const { sessions } = await session.sessions.list(); // id, at, country, device, current, …
  await session.sessions.endOthers(); // after the password was checked again
  return sessions;
}
