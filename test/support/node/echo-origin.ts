import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { LocalOrigin } from "./local-origin.ts";

const ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 0x81;
const CLOSE = 0x88;

/**
 * An origin that speaks WebSocket (RFC 6455) as far as tests need: it says the claims of the handshake's handoff, then
 * sends back what it gets, closing frames too. Frames are below 126 bytes.
 */
export async function startEchoOrigin(name: string): Promise<Omit<LocalOrigin, "answers">> {
  const sockets = new Set<Socket>();
  const server = createServer().on("upgrade", (request, socket: Socket) => {
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${ACCEPT}`).digest("base64");
    const headers = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join("\r\n")}\r\nSet-Cookie: own=1\r\n\r\n`);
    const claims = String(request.headers["moor-session"]).split(".")[1] ?? "";
    const { aud, new: isNew } = JSON.parse(Buffer.from(claims, "base64url").toString());
    socket.write(frame(TEXT, Buffer.from(JSON.stringify({ aud, isNew }))));
    sockets.add(socket);
    socket
      .on("error", () => {})
      .on("data", (bytes) => {
        for (const { head, payload } of unmask(bytes)) {
          socket.write(frame(head, payload));
          if (head === CLOSE) socket.end();
        }
      });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    name,
    port,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function frame(head: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.of(head, payload.length), payload]);
}

/** The frames of a client, whole ones only: a first byte, a length, a mask of 4 bytes, the payload. */
function* unmask(bytes: Buffer): Generator<{ head: number; payload: Buffer }> {
  for (let at = 0; at + 6 <= bytes.length; ) {
    const length = bytes.readUInt8(at + 1) & 0x7f;
    const mask = bytes.subarray(at + 2, at + 6);
    const masked = bytes.subarray(at + 6, at + 6 + length);
    yield {
      head: bytes.readUInt8(at),
      payload: Buffer.from(masked.map((byte, index) => byte ^ mask.readUInt8(index % 4))),
    };
    at += 6 + length;
  }
}
