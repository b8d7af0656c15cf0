import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { RESTART_SECONDS, type Report, type Request, type ServerState } from "./protocol.ts";

/** Keeps the origin processes. */
export interface Supervisor {
  /** Where each server answers, or did; right once it has been started. */
  origins(): { id: string; url: string }[];
  /**
   * Starts a server that is stopped; resolves when it answers.
   *
   * @throws Error if it ends before that.
   */
  start(id: string): Promise<void>;
  /** Ends every process; no process is started again. */
  close(): Promise<void>;
}

interface Server {
  readonly id: string;
  port: number;
  /** Whether the port is known to others, so that it must stay. */
  isPlaced: boolean;
  state: ServerState;
  child: ChildProcess | undefined;
}

const shop = fileURLToPath(new URL("./shop.ts", import.meta.url));

/**
 * Makes the supervisor; it starts nothing yet.
 *
 * @param options.firstPort the servers take the free ports from this port up.
 * @param options.moorUrl where Moor will answer: the issuer of its handoffs.
 * @param options.log takes a line for the terminal.
 */
export function createSupervisor(options: {
  ids: readonly string[];
  firstPort: number;
  moorUrl: string;
  log: (line: string) => void;
}): Supervisor {
  const { ids, firstPort, moorUrl, log } = options;
  const servers = ids.map(
    (id, index): Server => ({ id, port: firstPort + index, isPlaced: false, state: "stopped", child: undefined }),
  );
  let isClosing = false;
  let restart: NodeJS.Timeout | undefined;

  const find = (id: string) => servers.find((server) => server.id === id);
  const urlOf = ({ port }: Server) => `http://127.0.0.1:${port}`;

  function report(): void {
    const message: Report = { kind: "servers", servers: servers.map(({ id, state }) => ({ id, state })) };
    for (const { child } of servers) child?.send(message, () => {});
  }

  async function start(id: string): Promise<void> {
    const server = find(id);
    if (server?.state === "stopped" && server.child) await once(server.child, "exit");
    if (!server || server.child || isClosing) return;
    clearTimeout(restart);
    const args = [id, String(server.port), moorUrl, ...(server.isPlaced ? [] : ["move"])];
    const child = fork(shop, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    server.child = child;
    server.state = "starting";
    report();
    child.on("message", (request: Request) => obey(server, request));
    child.once("exit", (code, signal) => ended(server, signal ?? `exit code ${code}`));
    const early = once(child, "exit").then(() => Promise.reject(new Error(`origin ${id} ended before it answered`)));
    // The first message of a process is that it listens.
    await Promise.race([once(child, "message"), early]);
    log(`origin ${id}   ${urlOf(server)}`);
  }

  /** The end of a server that has not listened yet is reported by the usual handler of its end. */
  function startAnyhow(id: string): void {
    start(id).catch(() => {});
  }

  function obey(server: Server, request: Request): void {
    switch (request.kind) {
      case "listening":
        server.port = request.port;
        server.isPlaced = true;
        server.state = "running";
        report();
        break;
      case "stopping":
        server.state = "stopped";
        report();
        break;
      case "stop":
        stop(find(request.id));
        break;
      case "start":
        startAnyhow(request.id);
    }
  }

  function stop(server: Server | undefined): void {
    if (!server?.child) return;
    server.state = "stopped";
    server.child.kill("SIGKILL");
    report();
  }

  function ended(server: Server, how: string): void {
    const { id, state } = server;
    server.child = undefined;
    server.state = "stopped";
    report();
    if (isClosing) return;
    log(`origin ${id}   ${state === "stopped" ? "stopped" : `died by itself (${how})`}`);
    if (servers.some(({ child }) => child)) return;
    log(`origin ${id}   was the last one: it starts again in ${RESTART_SECONDS} seconds`);
    restart = setTimeout(() => startAnyhow(id), RESTART_SECONDS * 1000);
  }

  return {
    origins: () => servers.map((server) => ({ id: server.id, url: urlOf(server) })),
    start,
    async close() {
      isClosing = true;
      clearTimeout(restart);
      const exits = servers.flatMap(({ child }) => (child ? [once(child, "exit")] : []));
      for (const server of servers) stop(server);
      await Promise.all(exits);
    },
  };
}
