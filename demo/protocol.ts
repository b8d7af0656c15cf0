/** How long all servers stay down after the last one was stopped. */
export const RESTART_SECONDS = 10;

/** One that is being killed is "stopped" already. */
export type ServerState = "running" | "starting" | "stopped";

/** What every origin process knows of all servers. */
export interface ServerStatus {
  readonly id: string;
  readonly state: ServerState;
}

/**
 * From an origin process to the supervisor: it answers on this port; it is about to be stopped, and nobody shall take it for running;
 * a server is to be killed; a server is to be started.
 */
export type Request =
  | { kind: "listening"; port: number }
  | { kind: "stopping" }
  | { kind: "stop"; id: string }
  | { kind: "start"; id: string };

/** From the supervisor to every origin process, whenever a state has changed. */
export type Report = { kind: "servers"; servers: readonly ServerStatus[] };
