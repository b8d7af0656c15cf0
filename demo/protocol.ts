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
