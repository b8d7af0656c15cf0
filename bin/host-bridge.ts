import { once } from "node:events";
import { createServer, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ResolvedConfig } from "../src/config/resolved.ts";
import type { MoorConfig } from "../src/config/types.ts";

type Config = MoorConfig | ResolvedConfig;

/** Bridges to the origins of pools with `host: "client"`. */
export interface HostBridges {
  /** A configuration with bridges in place of those origins. An origin that has a bridge keeps it. */
  before<Given extends Config>(config: Given): Promise<Given>;
  stop(): Promise<void>;
}

interface Bridge {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Makes servers on this machine that stand before the origins of pools with `host: "client"`, because the local runtime has no
 * `cf.resolveOverride`. Such a server passes requests on, with the `Host` that the browser asked for. An origin behind https
 * is asked for the certificate of its own name.
 */
export function createHostBridges(): HostBridges {
  const bridges = new Map<string, Promise<Bridge>>();
  const bridged = async (url: string): Promise<string> => {
    const bridge = bridges.get(url) ?? startBridge(new URL(url));
    bridges.set(url, bridge);
    return (await bridge).url;
  };
  return {
    async before<Given extends Config>(config: Given) {
      const pools = config.pools.map(async (pool) => {
        if (pool.host !== "client") return pool;
        const origins = pool.origins.map(async (origin) => ({ ...origin, url: await bridged(origin.url) }));
        return { ...pool, host: "origin" as const, origins: await Promise.all(origins) };
      });
      return { ...config, pools: await Promise.all(pools) } as Given;
    },
    async stop() {
      for (const bridge of bridges.values()) await (await bridge).stop();
    },
  };
}

async function startBridge({ protocol, hostname, host: ownHost, port, pathname }: URL): Promise<Bridge> {
  const request = protocol === "https:" ? requestHttps : requestHttp;
  const host = hostname.replace(/^\[|\]$/g, "");
  const sockets = new Set<Socket>();
  /** Asks the origin as the Worker has asked. A check of its health has no `X-Forwarded-Host`. */
  const ask = (incoming: IncomingMessage) => {
    const { method, url: path, rawHeaders } = incoming;
    const kept = rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)]?.toLowerCase() !== "host");
    const headers = ["Host", String(incoming.headers["x-forwarded-host"] ?? ownHost), ...kept];
    return request({ host, port, method, path, headers, setHost: false, servername: host, agent: false });
  };

  const server = createServer((incoming, response) => {
    const asked = ask(incoming);
    // The Worker sees a lost connection, as it would without the bridge.
    asked.on("error", () => incoming.socket.destroy());
    asked.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      answer.on("error", () => response.destroy()).pipe(response);
    });
    response.on("close", () => asked.destroy());
    incoming.pipe(asked);
  });
  server.on("upgrade", (incoming, socket: Duplex) => {
    const asked = ask(incoming);
    asked.on("error", () => socket.destroy());
    asked.on("upgrade", (answer, upstream, head) => {
      socket.write(headOf(answer.statusCode, answer.statusMessage, answer.rawHeaders));
      upstream.unshift(head);
      upstream.on("error", () => socket.destroy()).pipe(socket);
      socket.on("error", () => upstream.destroy()).pipe(upstream);
    });
    asked.on("response", (answer) => {
      socket.write(headOf(answer.statusCode, answer.statusMessage, ["Connection", "close"]));
      answer.pipe(socket);
    });
    asked.end();
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server, "close");
    },
  };
}

function headOf(status = 502, reason = "", rawHeaders: readonly string[]): string {
  const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
  return `${[`HTTP/1.1 ${status} ${reason}`, ...lines].join("\r\n")}\r\n\r\n`;
}
