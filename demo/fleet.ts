import { EventEmitter, once } from "node:events";
import type { Report, Request, ServerStatus } from "./protocol.ts";

/** How long a change of another server's state is waited for, in milliseconds. */
const PATIENCE_MS = 5000;

/** All servers, as a server's process sees them through its supervisor. */
export interface Fleet {
  /** Tells that this process answers on the port. */
  listening(port: number): void;
  servers(): readonly ServerStatus[];
  /** Reports that this process is about to be stopped, so that no page of another server shows it as running. */
  stopping(): void;
  /** Has a server killed at once. */
  stop(id: string): void;
  /** Resolves when the server, if it exists, is in that state, or after 5 seconds. */
  reached(id: string, state: ServerStatus["state"]): Promise<void>;
  start(id: string): void;
}

/** Makes the fleet of this process, which ends with its supervisor. */
export function joinFleet(): Fleet {
  const reports = new EventEmitter();
  let servers: readonly ServerStatus[] = [];
  process.on("message", (report: Report) => {
    servers = report.servers;
    reports.emit("report");
  });
  process.on("disconnect", () => process.exit());
  const ask = (request: Request) => process.send?.(request);
  const isYetTo = (id: string, state: string) => servers.some((server) => server.id === id && server.state !== state);

  return {
    listening: (port) => ask({ kind: "listening", port }),
    stopping: () => ask({ kind: "stopping" }),
    servers: () => servers,
    stop: (id) => ask({ kind: "stop", id }),
    start: (id) => ask({ kind: "start", id }),
    async reached(id, state) {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      while (isYetTo(id, state) && !signal.aborted) await once(reports, "report", { signal }).catch(() => {});
    },
  };
}
