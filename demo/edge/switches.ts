import { locationCookie } from "./cookies.ts";
import { findLocation } from "./locations.ts";
import type { World } from "./world.ts";

/** Whether a store can be reached; `none`: there is no such store. */
export type StoreState = "here" | "away" | "none";

/** The changes that a visitor can make to the stores, and to their own location. */
export interface Switches {
  /** Carries out what a form of the panel asks for, and leads back to it. `undefined`: the request is for Moor. */
  answer(request: Request): Promise<Response | undefined>;
  /** Whether there is a Redis, and whether its process runs. */
  redis(): Promise<StoreState>;
}

/** @param redisSwitch where Redis is killed and started; see `demo/redis-switch.ts`. */
export function createSwitches(world: World, redisSwitch: string): Switches {
  async function turnRedis(state: StoreState): Promise<Response> {
    const turned = await fetch(redisSwitch, { method: "POST", body: state });
    return turned.ok ? back() : new Response("Redis could not be switched; the terminal says why.\n", { status: 500 });
  }

  return {
    async redis() {
      const response = await fetch(redisSwitch);
      return (await response.text()) as StoreState;
    },

    async answer(request) {
      const { pathname } = new URL(request.url);
      if (request.method !== "POST" || !pathname.startsWith("/.demo/")) return undefined;
      const form = new URLSearchParams(await request.text());
      const state = form.get("state") === "away" ? "away" : "here";
      switch (pathname) {
        case "/.demo/objects":
          world.cut(state === "away");
          return back();
        case "/.demo/redis":
          return turnRedis(state);
        case "/.demo/location": {
          const location = findLocation(form.get("location"));
          return back(location && { "Set-Cookie": locationCookie(location) });
        }
        default:
          return new Response("There is no such switch.\n", { status: 404 });
      }
    },
  };
}

function back(headers: Record<string, string> = {}): Response {
  return new Response(null, { status: 303, headers: { ...headers, Location: "/#stores" } });
}
