import type { TokenUse } from "../provider/messages.ts";
import { locationCookie, storeCookie } from "./cookies.ts";
import { findLocation } from "./locations.ts";
import type { World } from "./world.ts";

/** Whether a store can be reached; `none`: there is no such store. */
export type StoreState = "here" | "away" | "none";

/** The changes that a visitor can make to the stores and the provider, and to their own location. */
export interface Switches {
  /** Carries out what a form of the panel asks for, and leads back to it. `undefined`: the request is for Moor. */
  answer(request: Request): Promise<Response | undefined>;
  /** Whether there is a Redis, and whether its process runs. */
  redis(): Promise<StoreState>;
  /** Whether the provider's process runs, and everything that it has told of Moor's visits. */
  provider(): Promise<{ readonly state: StoreState; readonly uses: readonly TokenUse[] }>;
}

/** Where processes are killed and started; see `demo/process-switch.ts`. */
export interface ProcessSwitches {
  readonly redis: string;
  readonly provider: string;
}

/** Makes the switches of a world and of processes. */
export function createSwitches(world: World, processes: ProcessSwitches): Switches {
  async function turn(process: keyof ProcessSwitches, state: StoreState, to?: string): Promise<Response> {
    const turned = await fetch(processes[process], { method: "POST", body: state });
    if (turned.ok) return back(to);
    return new Response(`The process of ${process} could not be switched; the terminal says why.\n`, { status: 500 });
  }

  async function stateOf(process: keyof ProcessSwitches): Promise<StoreState> {
    const response = await fetch(processes[process]);
    return (await response.text()) as StoreState;
  }

  return {
    redis: () => stateOf("redis"),

    async provider() {
      const [state, notes] = await Promise.all([stateOf("provider"), fetch(`${processes.provider}/notes`)]);
      return { state, uses: (await notes.json()) as TokenUse[] };
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
          return turn("redis", state);
        case "/.demo/provider":
          return turn("provider", state, `${form.get("to") === "/account" ? "/account" : "/"}#provider`);
        case "/.demo/store":
          return back(undefined, { "Set-Cookie": storeCookie(form.get("store") ?? "object") });
        case "/.demo/location": {
          const location = findLocation(form.get("location"));
          return back(undefined, location && { "Set-Cookie": locationCookie(location) });
        }
        default:
          return new Response("There is no such switch.\n", { status: 404 });
      }
    },
  };
}

function back(to = "/#stores", headers: Record<string, string> = {}): Response {
  return new Response(null, { status: 303, headers: { ...headers, Location: to } });
}
