import { request } from "node:http";
import { connect, type Socket } from "node:net";

/** An order to the Worker. `probe/`: the id of the pool follows. */
export type Order = "start" | "ready" | "drain" | "idle" | "cron" | `probe/${string}`;

/** The way to the Worker of this process, by a Unix socket that nobody else can open. */
export interface Control {
  /**
   * Gives an order. Resolves to the answer, as the Worker tells it in JSON.
   *
   * @throws Error if the Worker does not answer, or fails.
   */
  ask(order: Order, signal?: AbortSignal): Promise<Record<string, unknown>>;
  /** Resolves when workerd has stopped accepting: it then ends connections that are idle. */
  idleConnection(): Promise<{ readonly ended: Promise<void> }>;
}

/** @param path the Unix socket. */
export function createControl(path: string): Control {
  return {
    ask: (order, signal) =>
      new Promise((resolve, reject) => {
        const asked = request({ socketPath: path, path: `/${order}`, agent: false, ...(signal && { signal }) });
        asked.on("error", reject);
        asked.on("response", async (response) => {
          try {
            const text = Buffer.concat(await response.toArray()).toString("utf8");
            if (response.statusCode !== 200) throw new Error(`the Worker answers ${order} with ${response.statusCode}`);
            resolve(JSON.parse(text) as Record<string, unknown>);
          } catch (fault) {
            reject(fault);
          }
        });
        asked.end();
      }),
    idleConnection: () =>
      new Promise((resolve, reject) => {
        const socket: Socket = connect(path);
        const ended = new Promise<void>((end) => socket.once("close", () => end()));
        socket.on("error", reject);
        socket.once("data", () => resolve({ ended }));
        socket.write("GET /ready HTTP/1.1\r\nHost: control\r\n\r\n");
      }),
  };
}
