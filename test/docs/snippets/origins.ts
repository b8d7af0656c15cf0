/** The code of origins in docs/guide, with the names around it that the pages leave to the reader. */
import { createOrigin, type HeaderSource, type HeaderTarget } from "../../../src/sdk/origin/index.ts";

declare const request: HeaderSource;
declare const response: HeaderTarget;

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
