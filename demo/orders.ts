import type { JsonObject, JsonValue } from "../src/sdk/origin/index.ts";
import type { Line } from "./goods.ts";

/** How many orders a session keeps. */
const MOST_ORDERS = 5;

/** The orders, the newest first, each in words. The attribute may have any form, because another release may have written it. */
export function ordersOf(orders: JsonValue | undefined): string[] {
  return Array.isArray(orders) ? orders.filter((order) => typeof order === "string") : [];
}

/** The attribute with one more order. */
export function addOrder(orders: JsonValue | undefined, lines: readonly Line[]): JsonObject[string] {
  const total = lines.reduce((sum, { good, count }) => sum + good.price * count, 0);
  const order = `${lines.map(({ good, count }) => `${count} × ${good.name}`).join(", ")}: ${total} €`;
  return [order, ...ordersOf(orders)].slice(0, MOST_ORDERS);
}
