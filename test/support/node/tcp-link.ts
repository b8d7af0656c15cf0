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
  /** The connections that are open now. */
  connections(): number;
  stop(): Promise<void>;
}

/** Starts a link to a port of loopback. */
export async function startTcpLink(to: number): Promise<TcpLink> {
  const open = new Set<Socket>();
  let isSilent = false;
  const server = createServer((client) => {
    const silentFromStart = isSilent;
    const upstream = connect(to, "127.0.0.1");
    open.add(client);
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
    connections: () => open.size,
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
