import type { HonoRequest } from "hono";
import { proxy } from "hono/proxy";

/** The binding of a Worker that has origins behind it. */
export interface Origins {
  /** JSON: URLs without a slash at their ends. */
  readonly ORIGINS: string;
}

/**
 * Passes a request on, with the items of its session in a header. To any of the origins, because each can serve every visitor; to the others
 * if it cannot be reached, whatever the method.
 */
export async function forward(
  request: HonoRequest,
  { ORIGINS }: Origins,
  items: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const origins = JSON.parse(ORIGINS) as string[];
  const { pathname, search } = new URL(request.url);
  const headers = { ...request.header(), "X-Session": JSON.stringify(items) };
  const first = Math.floor(Math.random() * origins.length);
  let cause: unknown;
  for (let next = 0; next < origins.length; next++) {
    const origin = origins[(first + next) % origins.length];
    try {
      return await proxy(`${origin}${pathname}${search}`, { method: request.method, headers });
    } catch (fault) {
      cause = fault;
    }
  }
  throw new Error("no origin can be reached", { cause });
}
