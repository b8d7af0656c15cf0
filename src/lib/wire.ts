/** A byte stream to a server, as `connect()` of `cloudflare:sockets` gives it. */
export interface Wire {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  close(): unknown;
}
