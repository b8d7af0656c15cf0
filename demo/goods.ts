import type { JsonValue } from "../src/sdk/origin/index.ts";
import { Html } from "./html.ts";

export interface Good {
  readonly sku: string;
  readonly name: string;
  /** In whole euros. */
  readonly price: number;
  readonly icon: Html;
}

/** How many pieces of the same good a basket takes. */
export const MOST_OF_ONE = 99;

export const goods: readonly Good[] = [
  good(
    "rope",
    "Mooring rope",
    24,
    '<circle cx="24" cy="24" r="15"/><circle cx="24" cy="24" r="9.5"/><circle cx="24" cy="24" r="4"/><path d="M39 24v15l4 4"/>',
  ),
  good(
    "lantern",
    "Storm lantern",
    38,
    '<path d="M17 16h14l3 20H14zM18 16a6 6 0 0 1 12 0M24 10V6M12 42h24M17 36v6M31 36v6"/><path d="M24 32c-4-3-3-6 0-9 3 3 4 6 0 9z"/>',
  ),
  good(
    "compass",
    "Compass",
    19,
    '<circle cx="24" cy="24" r="17"/><path d="m30 18-4 9-8 3 4-9zM24 7v4M24 37v4M7 24h4M37 24h4"/>',
  ),
  good(
    "mug",
    "Enamel mug",
    9,
    '<path d="M11 15h21v20a5 5 0 0 1-5 5H16a5 5 0 0 1-5-5zM32 20h4a5 5 0 0 1 0 12h-4M17 10c0-2 2-2 2-4M24 10c0-2 2-2 2-4"/>',
  ),
];

/** A line of the basket. */
export interface Line {
  readonly good: Good;
  readonly count: number;
}

/**
 * The lines of the basket, in the order of the goods. The attribute may have any form, because another release may have
 * written it.
 */
export function linesOf(basket: JsonValue | undefined): Line[] {
  const counts = new Map(typeof basket === "object" && basket !== null ? Object.entries(basket) : []);
  return goods.flatMap((good) => {
    const count = counts.get(good.sku);
    return typeof count === "number" && count > 0 ? [{ good, count: Math.min(Math.floor(count), MOST_OF_ONE) }] : [];
  });
}

function good(sku: string, name: string, price: number, shapes: string): Good {
  const icon = new Html(
    `<svg viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${shapes}</svg>`,
  );
  return { sku, name, price, icon };
}
