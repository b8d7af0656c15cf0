/** The Worker that `moor serve` runs, with a clock that tests move ahead. */
import type { MoorConfig } from "../../src/config/types.ts";
import { createServed as createRealServed, type Served } from "../../src/serve/served.ts";
import { moveClock } from "./moved-clock.ts";

/**
 * Its entrypoints. A `POST` to the address of its health moves the clock ahead by as many milliseconds as the body says. A `POST` to `/cron`
 * there does the work of the cron job.
 */
export function createServed(config: MoorConfig): Served {
  const served = createRealServed(config);
  return {
    ...served,
    health: {
      async fetch(request, env, context) {
        if (request.method !== "POST") return served.health.fetch(request, env, context);
        const isCron = new URL(request.url).pathname === "/cron";
        if (isCron) return served.control.fetch(request, env, context);
        moveClock(Number(await request.text()));
        return new Response();
      },
    },
  };
}
