import type { ResolvedCors } from "../config/resolved.ts";
import type { AskedParts } from "../lib/asked.ts";

/**
 * Lets the script of an allowed origin read a response that Moor itself gives (Fetch Standard, "CORS protocol").
 *
 * @param cors `undefined`: no other origin may read it.
 */
export function allowOrigin(response: Response, { headers }: AskedParts, cors: ResolvedCors | undefined): Response {
  if (!cors) return response;
  response.headers.append("Vary", "Origin");
  const origin = headers.get("Origin");
  if (origin === null || !cors.origins.includes(origin)) return response;
  response.headers.set("Access-Control-Allow-Origin", origin);
  response.headers.set("Access-Control-Expose-Headers", "Retry-After");
  if (cors.credentials) response.headers.set("Access-Control-Allow-Credentials", "true");
  return response;
}

/**
 * Answers a preflight of an allowed origin: whatever it asks for is allowed to the one request that follows.
 *
 * @returns `undefined`: the request is no preflight, or its origin is not allowed.
 */
export function preflight(request: AskedParts, cors: ResolvedCors | undefined): Response | undefined {
  const { method, headers } = request;
  const asked = headers.get("Access-Control-Request-Method");
  if (method !== "OPTIONS" || asked === null || !cors?.origins.includes(headers.get("Origin") ?? "")) return undefined;
  const wanted = headers.get("Access-Control-Request-Headers");
  const allowed = new Response(null, {
    status: 204,
    headers: {
      "Cache-Control": "no-store",
      "Access-Control-Allow-Methods": asked,
      // The origin decides again as soon as it answers.
      "Access-Control-Max-Age": "0",
      ...(wanted !== null && { "Access-Control-Allow-Headers": wanted }),
    },
  });
  return allowOrigin(allowed, request, cors);
}
