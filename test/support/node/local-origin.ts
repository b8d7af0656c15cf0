import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** An origin in the test's own process. The test may change its answers at any time. */
export interface LocalOrigin {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** Sets its answers from now on. Until then it answers 200 with its name. */
  answers(by: RequestListener): void;
  stop(): Promise<void>;
}

/** Starts an HTTP origin on a free port. */
export async function startLocalOrigin(name: string): Promise<LocalOrigin> {
  let answer: RequestListener = (_, response) => response.end(name);
  const server = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1");
  // workerd closes idle connections. If the origin closed them as well, a request could come on a connection just then.
  server.keepAliveTimeout = 60_000;
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    name,
    port,
    url: `http://127.0.0.1:${port}`,
    answers(by) {
      answer = by;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}
