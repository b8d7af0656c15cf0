import type { KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Moor's public keys as an origin reads them. The test chooses the keys. */
export interface PublishedKeys {
  readonly url: string;
  /** From now on this key under this kid is the only one. */
  publish(key: KeyObject, kid: string): void;
  /** How often they have been read. */
  reads(): number;
  stop(): Promise<void>;
}

/** Serves a set of keys at `/.moor/jwks.json`, empty at first. */
export async function servePublishedKeys(): Promise<PublishedKeys> {
  let keys: object[] = [];
  let reads = 0;
  const server = createServer((request, response) => {
    if (request.url !== "/.moor/jwks.json") return void response.writeHead(404).end();
    reads++;
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ keys }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publish(key, kid) {
      keys = [{ ...key.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" }];
    },
    reads: () => reads,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
