/** How long all servers stay down after the last server was stopped. */
export const RESTART_SECONDS = 10;

/** How often the provider confirms a login, in seconds: the shortest time that Moor accepts. */
export const REFRESH_SECONDS = 60;

/** A server that is being killed is "stopped" already. */
export type ServerState = "running" | "starting" | "stopped";

/** The facts that every origin process knows about all servers. */
export interface ServerStatus {
  readonly id: string;
  readonly state: ServerState;
}

/**
 * Messages from an origin process to the supervisor: the process answers on this port; it is about to be stopped, and
 * must not be shown as running; a server is to be killed; a server is to be started.
 */
export type Request =
  | { kind: "listening"; port: number }
  | { kind: "stopping" }
  | { kind: "stop"; id: string }
  | { kind: "start"; id: string };

/** From the supervisor to every origin process, whenever a state has changed. */
export type Report = { kind: "servers"; servers: readonly ServerStatus[] };

/** The stores of rows that the demonstration shows beside Durable Objects. */
export const ROW_STORES_SHOWN = ["redis", "postgres", "memcached"] as const;

/** A store that may keep a visitor's sessions. */
export interface DemoStore {
  readonly type: (typeof ROW_STORES_SHOWN)[number];
  /** The configuration with this store, as JSON. Absent: the machine lacks the store. */
  readonly config?: string;
  /** Why the machine lacks it. */
  readonly reason?: string;
}

/** The name of the cookie that holds the token of a session in a store. A session is in one store alone. */
export function cookieOf(store: DemoStore["type"] | "object"): string {
  return store === "object" ? "moor" : `moor-${store}`;
}
