import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A whole request, as it arrived. */
export interface RawRequest {
  readonly method: string;
  /** Its first line and headers as Latin-1, without the empty line. */
  readonly head: string;
  readonly body: string;
  /** The number of its connection, and its own number on that connection. Both count from 1. */
  readonly connection: number;
  readonly nth: number;
}

/** An origin that can break off at points where no HTTP server would. */
export interface RawOrigin {
  readonly name: string;
  readonly url: string;
  /** Every request of visitors so far. */
  readonly requests: RawRequest[];
  /** Every check so far that an isolate has sent by itself, `HEAD /`. It is answered as visitors are. */
  readonly checks: RawRequest[];
  /** Sets its answers from now on. Until then it answers with its name, and keeps the connection. */
  answers(by: (request: RawRequest, socket: Socket) => void): void;
  stop(): Promise<void>;
}

/** Starts an origin on a free port that takes requests as bytes; bodies need a `Content-Length`. */
export async function startRawOrigin(name: string): Promise<RawOrigin> {
  const requests: RawRequest[] = [];
  const checks: RawRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let answer: (request: RawRequest, socket: Socket) => void = (_, socket) => socket.write(rawResponse(name));

  const server = createServer((socket) => {
    const connection = ++connections;
    let held = "";
    let nth = 0;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    socket.setEncoding("latin1").on("data", (text: string) => {
      held += text;
      const [, head, body] = /^(.*?)\r\n\r\n(.*)$/s.exec(held) ?? [];
      if (head === undefined || body === undefined) return;
      if (body.length < Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)) return;
      held = "";
      const request = { method: head.slice(0, head.indexOf(" ")), head, body, connection, nth: ++nth };
      if (!isCheck(request)) {
        requests.push(request);
        answer(request, socket);
        return;
      }
      checks.push(request);
      const written = socket.bytesWritten;
      answer(request, socket);
      // A response to HEAD has no body. The client would take the bytes of a body for the next response.
      if (socket.bytesWritten > written) socket.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    name,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    checks,
    answers(by) {
      answer = by;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A response that keeps its connection. */
export function rawResponse(text: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}

function isCheck({ method, head }: RawRequest): boolean {
  return method === "HEAD" && /^user-agent: *moor-health-check/im.test(head);
}
