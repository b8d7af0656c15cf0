import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

/** A server that passes requests on as requests to a public URL. */
export interface PublicFront {
  stop(): Promise<void>;
}

export interface PublicFrontOptions {
  /** The port at both loopback addresses, to which a tunnel leads. */
  port: number;
  /** The address of the local Worker. */
  target: string;
  /** `https://HOST`: the address at which the tunnel is reached. */
  publicUrl: string;
}

/** Tunnels disagree on these headers: some rewrite `Host`, and some name the scheme. */
const REPLACED = new Set(["host", "x-forwarded-proto", "x-forwarded-host"]);
const LOOPBACK = ["127.0.0.1", "::1"];

/**
 * Passes on every request, and every WebSocket, as a request to the public URL. wrangler's local server believes `Host` and
 * `X-Forwarded-Proto`, and so the Worker sees the public URL.
 */
export async function startPublicFront({ port, target, publicUrl }: PublicFrontOptions): Promise<PublicFront> {
  const { hostname: host, port: targetPort } = new URL(target);
  const address = { host, port: Number(targetPort) };
  const { host: publicHost, protocol } = new URL(publicUrl);
  const headersOf = ({ rawHeaders }: IncomingMessage) => [
    "Host",
    publicHost,
    "X-Forwarded-Proto",
    protocol.slice(0, -1),
    ...rawHeaders.filter((_, at) => !REPLACED.has((rawHeaders[at - (at % 2)] as string).toLowerCase())),
  ];

  function passOn(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, url: path } = incoming;
    const sent = request({ ...address, method, path, headers: headersOf(incoming) }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    sent.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    response.on("close", () => sent.destroy());
    incoming.pipe(sent);
  }

  function passOnSocket(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const upstream = connect(address);
    const headers = headersOf(incoming);
    const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []));
    upstream.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    upstream.write(head);
    socket.pipe(upstream).pipe(socket);
    for (const [side, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      side.on("error", () => other.destroy()).on("close", () => other.destroy());
    }
  }

  const servers = (await Promise.all(LOOPBACK.map((at) => listen(at, port)))).filter((server) => server !== undefined);
  for (const server of servers) server.on("request", passOn).on("upgrade", passOnSocket);
  return {
    async stop() {
      await Promise.all(servers.map(close));
    },
  };
}

/** @returns `undefined` if the machine has no such address. */
async function listen(host: string, port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, "listening");
    return server;
  } catch (fault) {
    const code = fault instanceof Error && "code" in fault ? fault.code : undefined;
    if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") return undefined;
    throw fault;
  }
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}
