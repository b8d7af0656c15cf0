import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** A link to a server, which a test can make silent. */
export interface TcpLink {
  readonly port: number;
  /** From now on it accepts connections and bytes, and passes nothing on. */
  silence(): void;
  /** From now on new connections are passed on again. Connections that met the silence stay silent. */
  speak(): void;
  /** Cuts all connections, and leads new connections to another port of loopback. */
  leadTo(port: number): void;
  /** The connections that are open now. */
  connections(): number;
  /** How many connections clients have opened since the start. */
  opened(): number;
  /** All that clients have sent since the start, each byte a character. */
  sent(): string;
  stop(): Promise<void>;
}

/** Starts a link to a port of loopback, or to a Unix socket. */
export async function startTcpLink(to: number | string): Promise<TcpLink> {
  const open = new Set<Socket>();
  let isSilent = false;
  let opened = 0;
  const sent: string[] = [];
  let target: number | string = to;
  const server = createServer((client) => {
    const silentFromStart = isSilent;
    const upstream = typeof target === "string" ? connect(target) : connect(target, "127.0.0.1");
    open.add(client);
    opened += 1;
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
    client.on("close", () => {
      open.delete(client);
      upstream.destroy();
    });
    upstream.on("close", () => client.destroy());
    const pass = (target: Socket) => (bytes: Buffer) => {
      if (!isSilent && !silentFromStart) target.write(bytes);
    };
    client.on("data", pass(upstream));
    client.on("data", (bytes: Buffer) => sent.push(bytes.toString("latin1")));
    upstream.on("data", pass(client));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    silence() {
      isSilent = true;
    },
    speak() {
      isSilent = false;
    },
    leadTo(port) {
      target = port;
      for (const socket of open) socket.destroy();
    },
    connections: () => open.size,
    opened: () => opened,
    sent: () => sent.join(""),
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
