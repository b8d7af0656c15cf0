import { connect, type Socket } from "node:net";

const HEAD_END = "\r\n\r\n";
const LAST_CHUNK = Buffer.from("\r\n0\r\n\r\n");
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const SET_COOKIE = /\r\nset-cookie:/i;

/** An answer that is there as a whole. */
export interface Answered {
  /** 0: the connection was lost. */
  readonly status: number;
  readonly setsCookie: boolean;
}

const LOST: Answered = { status: 0, setsCookie: false };

/**
 * A keep-alive connection of HTTP/1.1 that reads no more of a response than it must: one request at a time, as bytes.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #answered: (answer: Answered) => void;
  #head: Buffer | undefined;
  /** Bytes that the response still lacks; `Infinity`: until its last chunk. */
  #missing = 0;
  #answer = LOST;

  /** @param answered called for each response, when the whole of it is there, and when the connection is lost. */
  constructor(port: number, answered: (answer: Answered) => void) {
    this.#answered = answered;
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.on("close", () => this.#answered(LOST));
  }

  send(request: Buffer): void {
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#missing > 0) {
      this.#readBody(chunk);
      return;
    }
    const bytes = this.#head ? Buffer.concat([this.#head, chunk]) : chunk;
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = bytes;
      return;
    }
    this.#head = undefined;
    const head = bytes.toString("latin1", 0, end);
    this.#answer = { status: Number(head.slice(9, 12)), setsCookie: SET_COOKIE.test(head) };
    const length = LENGTH.exec(head)?.[1];
    this.#missing = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
    this.#readBody(bytes.subarray(end + (length === undefined ? 2 : 4)));
  }

  #readBody(bytes: Buffer): void {
    this.#missing -= bytes.length;
    if (this.#missing === Number.POSITIVE_INFINITY && bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) {
      this.#missing = 0;
    }
    if (this.#missing <= 0) {
      this.#missing = 0;
      this.#answered(this.#answer);
    }
  }
}
