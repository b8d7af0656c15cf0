/** How an origin failed a request: its connection was lost, its answer was late, or nothing was sent to the origin. */
export type Fault = "lost" | "timeout" | "unsent";

/**
 * Cloudflare could not connect: 521 refused, 522 no handshake, 523 unreachable, 525 and 526 TLS, 530 no address or no tunnel.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
const UNSENT = new Set([521, 522, 523, 525, 526, 530]);
/** A 522 after 90 seconds is another: the origin took the connection and did not acknowledge the request. */
const MAX_CONNECT_MS = 60_000;

/**
 * The fault that Cloudflare, between the Worker and an origin, reports in place of the origin; `undefined`: the origin
 * itself has answered.
 *
 * @param tookMs how long the response took, in milliseconds.
 */
export function gatewayFault({ status, headers }: Response, tookMs: number): Fault | undefined {
  const isFault = (status >= 520 && status <= 527) || status === 530;
  if (!isFault || headers.get("Server") !== "cloudflare") return undefined;
  if (status === 524) return "timeout";
  return UNSENT.has(status) && tookMs < MAX_CONNECT_MS ? "unsent" : "lost";
}
