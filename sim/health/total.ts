import type { ScriptedOrigin } from "./origins.ts";

/** How often a request such as `GET /drop` came to all origins together. */
export async function total(origins: readonly ScriptedOrigin[], asked: string): Promise<number> {
  const counts = await Promise.all(origins.map((origin) => origin.served(asked)));
  return counts.reduce((sum, count) => sum + count, 0);
}
