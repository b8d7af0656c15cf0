/** The sockets of Workers, for files that the command reads in Node for their settings alone. */
declare module "cloudflare:sockets" {
  export function connect(address: { hostname: string; port: number }): {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    close(): Promise<void>;
  };
}
