import { platformErrors } from "../../../emulation/platform-errors.ts";
import type { Handoff } from "../../../src/upstream/wire/handoff.ts";
import type { View } from "../history.ts";
import { type Asked, type Stage, VISIT_HEADER } from "../subject.ts";
import { createOldShop } from "./old-shop.ts";

/** A handoff that shows the origin of a schedule the session in plain JSON. */
export const plainHandoff: Handoff = {
  known: () => undefined,
  async sign({ view, stale, flash }) {
    const seen: View = {
      ...(view ? { sid: view.id } : {}),
      ...(view?.principal === undefined ? {} : { principal: view.principal }),
      attributes: view?.attributes ?? {},
      ...(stale ? { stale: true } : {}),
      ...(flash ? { flash } : {}),
    };
    return JSON.stringify(seen);
  },
  verify: async () => undefined,
  keySet: async () => ({ keys: [] }),
};

/**
 * Lets the stage's origin stand in for the servers that `fetch` reaches. The returned function puts `fetch` back.
 *
 * @param isLost whether there is no server at an address.
 */
export function installOrigin(
  stage: Stage,
  isLost: (url: URL) => boolean,
  within: (host: string) => <T>(work: () => Promise<T>) => Promise<T>,
) {
  const { fetch } = globalThis;
  const { origin } = stage;
  const oldShop = createOldShop(stage);
  globalThis.fetch = ((url: string, init: { method: string; headers: Headers }) =>
    within(new URL(url).host)(async () => {
      if (isLost(new URL(url))) throw platformErrors.connectionLost();
      if (init.headers.has("Moor-Adopt")) return oldShop(init.method, init.headers);
      const view = JSON.parse(init.headers.get("Moor-Session") ?? "null") as View;
      const asked = await origin(Number(init.headers.get(VISIT_HEADER)), view);
      // The URL carrier needs a redirect to carry its token on, and a redirect does not disturb the other carriers.
      return new Response(null, { status: 303, headers: headersFor(asked) });
    })) as typeof fetch;
  return () => {
    globalThis.fetch = fetch;
  };
}

function headersFor({ patch, flash, principal, rotate, end }: Asked): Headers {
  const headers = new Headers({ Location: "/" });
  if (flash) headers.set("Moor-Flash", JSON.stringify(flash));
  if (patch) headers.set("Moor-Patch", JSON.stringify(patch));
  if (principal !== undefined) headers.set("Moor-Principal", principal);
  if (rotate) headers.set("Moor-Rotate", "1");
  if (end) headers.set("Moor-End", "1");
  return headers;
}
