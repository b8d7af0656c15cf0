import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A port at another address of this machine that leads to a port of loopback. */
export interface TcpForward {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts it. */
export async function startTcpForward(address: string, to: number): Promise<TcpForward> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(to, "127.0.0.1");
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket
        .on("error", () => {})
        .on("close", () => {
          open.delete(socket);
          other.destroy();
        });
    }
    client.pipe(upstream).pipe(client);
  }).listen(0, address);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, "close");
    },
  };
}
