/** As long as a handoff that is signed for a session of 512 bytes. */
export const HANDOFF = "h".repeat(1_000);
/** The longest time that an origin may take. */
export const DEADLINE_MS = 15_000;

/** The headers of a request to an origin, as Moor's rules ask for them: a copy of the client's, in which some are set, and the cookie is cut. */
export function headersByRules(client: Headers, host: string, handoff: string): Headers {
  const headers = new Headers(client);
  headers.set("X-Forwarded-Proto", "https");
  headers.set("X-Forwarded-Host", host);
  headers.set("X-Forwarded-Port", "443");
  const address = client.get("CF-Connecting-IP") ?? "";
  headers.set("X-Forwarded-For", address);
  headers.set("Forwarded", `for=${address};host="${host}";proto=https`);
  headers.set("Cache-Control", "no-store, max-age=0");
  headers.set("Cookie", "theme=dark");
  headers.set("Moor-Session", handoff);
  return headers;
}
