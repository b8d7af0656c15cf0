import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { Exchange, type SessionRequest } from "../../../src/sdk/express/exchange.ts";
import { mergePatches } from "../../../src/sdk/origin/json.ts";
import { sessionWith } from "../origin/moor.ts";

/** Regenerates a session with these attributes, sets others, and returns the patches that the response carries. */
async function regenerated(data: Record<string, string>, set: object): Promise<Record<string, never>[]> {
  const request = { headers: {} } as SessionRequest & IncomingMessage;
  const sent = new Map<string, string[]>();
  const response = {
    headersSent: false,
    setHeader: (name: string, value: string[]) => sent.set(name, value),
    removeHeader: (name: string) => sent.delete(name),
  } as unknown as ServerResponse;
  const exchange = new Exchange(request, response, await sessionWith({ data }), { cookie: {}, endsUnset: false });
  await new Promise<void>((resolve) => exchange.regenerate(() => resolve()));
  Object.assign(request.session as object, set);
  exchange.flush();
  expect(sent.get("Moor-Rotate")).toEqual(["1"]);
  return JSON.parse(`[${sent.get("Moor-Patch")}]`);
}

it.each([{ before: { user: "mallory", mfaPending: "1", cart: "tea" } }, { before: {} }])(
  "regenerate sends the whole session, which is the same whether Moor applies it to $before or starts anew",
  async ({ before }) => {
    const patches = await regenerated(
      { user: "mallory", mfaPending: "1", cart: "tea" },
      { user: "bob", mfaPending: "1" },
    );
    const { id, ...session } = mergePatches(before, patches);
    expect(session).toEqual({ user: "bob", mfaPending: "1" });
    expect(id).toMatch(/^[\w-]{32}$/);
  },
);
