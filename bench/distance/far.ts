import { createConnection, createServer, type NetConnectOpts } from "node:net";

/** A server that is to be far away. */
export interface FarOrder {
  readonly to: NetConnectOpts;
  /** The Unix socket at which it is far away. Default: a free port. */
  readonly at?: string;
  /** How long a request takes to arrive. Answers take no time, so this is the round trip. */
  readonly ms: number;
}

/** Passes connections on to a server, and holds each piece of a request up. Its timers are whole milliseconds, so measure the distance. */
process.on("message", ({ to, at, ms }: FarOrder) => {
  const server = createServer((near) => {
    const far = createConnection(to);
    near.setNoDelay(true);
    far.setNoDelay(true);
    const over = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on("error", over).on("close", over);
    near.on("data", (piece) => later(ms, () => far.write(piece)));
    far.on("data", (piece) => near.write(piece));
  });
  server.listen(at === undefined ? { port: 0, host: "127.0.0.1" } : { path: at }, () => {
    const address = server.address();
    process.send?.({ port: typeof address === "object" ? address?.port : 0 });
  });
});
process.on("disconnect", () => process.exit());

function later(ms: number, act: () => void): void {
  if (ms === 0) act();
  else setTimeout(act, ms);
}
