import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A process that a switch kills and starts again. */
export interface Switched {
  /** Where it answers. */
  readonly address: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Lets the demonstration's Worker kill a process and start it again. */
export interface ProcessSwitch {
  /**
   * `http://127.0.0.1:PORT/SECRET`. `GET` answers `here`, `away` or `none`. A `POST` of `here` or `away` answers the
   * same once that state has been reached. `GET` of `/notes` below it answers the notes of the process, as JSON. A client that does
   * not know the secret gets 404.
   */
  readonly url: string;
  /** Tells which process the switch controls; until then, and without a process, it answers `none`. */
  holds(process: Switched | undefined): void;
  stop(): Promise<void>;
}

/**
 * Starts it, for this machine only.
 *
 * @param log takes a line for the terminal.
 * @param notes everything that the process has told. Default: nothing.
 */
export async function startProcessSwitch(
  log: (line: string) => void,
  notes: () => unknown = () => null,
): Promise<ProcessSwitch> {
  const path = `/${randomBytes(16).toString("hex")}`;
  let held: Switched | undefined;
  let isAway = false;
  /** One turn at a time: of two turns that overlap, the later one decides. */
  let turning: Promise<void> = Promise.resolve();

  async function turn(away: boolean): Promise<void> {
    if (!held || away === isAway) return;
    if (away) await held.kill();
    else await held.restart();
    isAway = away;
    log(away ? "killed" : `${held.address}, started again with what it had`);
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method === "GET" && req.url === `${path}/notes`) return void res.end(JSON.stringify(notes()));
    if (req.url !== path) return void res.writeHead(404).end();
    if (req.method === "POST") {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk);
      const away = Buffer.concat(chunks).toString() === "away";
      const turned = turning.then(() => turn(away));
      // The next turn must not fail because of this turn's fault, which is reported below.
      turning = turned.catch(() => {});
      await turned;
    }
    res.end(held ? (isAway ? "away" : "here") : "none");
  }

  const server = createServer((req, res) => {
    answer(req, res).catch((fault: unknown) => {
      log(`could not be switched: ${fault}`);
      res.writeHead(500).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    holds(given) {
      held = given;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
