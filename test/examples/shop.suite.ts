import { expect, it } from "vitest";
import type { Client } from "../support/node/client.ts";

/** A visitor of an example's shop. */
export interface Visitor {
  readonly client: Client;
  sees(): Promise<{ server: string; user: string | null; basket: Record<string, number> }>;
  posts(path: string, form?: Record<string, string>): Promise<void>;
}

/** A visitor of the shop that a host has. */
export function visitorOf(host: string, client: Client): Visitor {
  const headers = { Host: host };
  return {
    client,
    async sees() {
      const { status, text } = await client.ask("/", { headers });
      expect(status, text).toBe(200);
      return JSON.parse(text);
    },
    async posts(path, form = {}) {
      const body = String(new URLSearchParams(form));
      const type = { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": String(body.length) };
      const { status, text } = await client.ask(path, { method: "POST", headers: { ...headers, ...type }, body });
      expect(status, text).toBe(303);
    },
  };
}

/**
 * The promises of every example's shop.
 *
 * @param name the name that the shop shows.
 */
export function describeShop(
  name: string,
  visitor: () => Visitor,
  its: Pick<typeof it, "each"> & ((what: string, test: () => Promise<void>) => void) = it,
) {
  its("shows an empty basket to who has none", async () => {
    expect(await visitor().sees()).toEqual({ server: name, user: null, basket: {} });
  });

  its("fills it and takes things out again, whatever they are called", async () => {
    const { posts, sees } = visitor();
    const goods = ["apples", "Pflaumen & Birnen", "桃 🍑", '"quoted\\', "Straße/é%20"];
    for (const good of ["apples", ...goods]) await posts("/add", { good });
    expect((await sees()).basket).toEqual(Object.fromEntries(goods.map((good) => [good, good === "apples" ? 2 : 1])));
    for (const good of goods.slice(1)) await posts("/remove", { good });
    expect((await sees()).basket).toEqual({ apples: 2 });
  });

  its.each(["alice", "Zoë O'Neil +%", "李\r\nMoor-End: 1"])("logs in %j, and the basket stays", async (user) => {
    const { posts, sees } = visitor();
    await posts("/add", { good: "apples" });
    await posts("/login", { user });
    expect(await sees()).toEqual({ server: name, user, basket: { apples: 1 } });
  });

  its("logs out", async () => {
    const { posts, sees } = visitor();
    await posts("/add", { good: "apples" });
    await posts("/login", { user: "alice" });
    await posts("/logout");
    expect(await sees()).toEqual({ server: name, user: null, basket: {} });
  });
}
