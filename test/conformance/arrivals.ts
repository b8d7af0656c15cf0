import { expect } from "vitest";
import type { Client } from "../support/node/client.ts";

/**
 * Resolves when the only origin has received `more` requests since it had served `served`. It asks the origin again
 * and again as `client`, and does not count these requests.
 *
 * @param path a path that leads to the origin.
 */
export async function untilServed(client: Client, served: number, more: number, path = "/"): Promise<void> {
  let own = 0;
  const others = async () => {
    own++;
    return (await client.ask(path)).told.served - served - own;
  };
  await expect.poll(others).toBeGreaterThanOrEqual(more);
}
