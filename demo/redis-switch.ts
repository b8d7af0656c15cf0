import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { LocalRedis } from "../bin/local-redis/local-redis.ts";

/** Lets the demonstration's Worker kill Redis and start it again. */
export interface RedisSwitch {
  /**
   * `http://127.0.0.1:PORT/SECRET`. `GET` answers `here`, `away` or `none`. A `POST` of `here` or `away` answers the
   * same once that state has been reached. A client that does not know the secret gets 404.
   */
  readonly url: string;
  /** Tells which Redis the switch controls; until then, and without a Redis, it answers `none`. */
  holds(redis: LocalRedis | undefined): void;
  stop(): Promise<void>;
}

/**
 * Starts it, for this machine only.
 *
 * @param log takes a line for the terminal.
 */
export async function startRedisSwitch(log: (line: string) => void): Promise<RedisSwitch> {
  const path = `/${randomBytes(16).toString("hex")}`;
  let redis: LocalRedis | undefined;
  let isAway = false;
  /** One turn at a time: of two turns that overlap, the later one decides. */
  let turning: Promise<void> = Promise.resolve();

  async function turn(away: boolean): Promise<void> {
    if (!redis || away === isAway) return;
    if (away) await redis.kill();
    else await redis.restart();
    isAway = away;
    log(away ? "killed" : `unix://${redis.socket}, started again with what it had`);
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
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
    res.end(redis ? (isAway ? "away" : "here") : "none");
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
      redis = given;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
