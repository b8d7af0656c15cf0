import { type IncomingMessage, type RequestListener, request, type ServerResponse } from "node:http";
import { startTlsOrigin, type TlsOrigin } from "./tls-origin.ts";

/** An https server in front of Moor, as Cloudflare is, for any host. */
export interface TlsEdge extends TlsOrigin {
  readonly port: string;
}

/**
 * Starts it.
 *
 * @param port the port of Moor.
 * @param own answers a request itself, and returns `true`; else the request goes on to Moor. Default: all go on.
 */
export async function startTlsEdge(
  port: number,
  own: (...[incoming, response]: Parameters<RequestListener>) => boolean = () => false,
): Promise<TlsEdge> {
  const edge = await startTlsOrigin((incoming, response) => {
    if (!own(incoming, response)) passOn(incoming, response, port);
  });
  return { ...edge, port: new URL(edge.url).port };
}

/** Passes a request on to Moor, as one that came by https. */
export function passOn(incoming: IncomingMessage, response: ServerResponse, port: number): void {
  const headers = { ...incoming.headers, "x-forwarded-proto": "https" };
  const { method, url: path } = incoming;
  const sent = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  });
  // A poll may hang when Moor is stopped; its client sees the end as well.
  sent.on("error", () => response.destroy());
  incoming.pipe(sent);
}

/** What makes a browser find every host at the edge, and trust it: options of `launch` and of a context. */
export const AT_EDGE = {
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * 127.0.0.1"],
  context: { ignoreHTTPSErrors: true },
} as const;
