/** The part of `fetch` that the helper uses. */
export type Fetch = (
  url: string,
  init: {
    method?: string;
    headers: Record<string, string>;
    body?: string;
    redirect: "manual";
    signal: AbortSignal;
  },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  json(): Promise<unknown>;
}>;

/** A JSON document. */
export interface Fetched {
  readonly json: unknown;
  /** For how long it may be used without being asked for again (RFC 9111, section 4.2); `undefined`: the answer does not say. */
  readonly freshSeconds: number | undefined;
}

/**
 * GETs a JSON document. Redirects are not followed.
 *
 * @throws Error on any status but 200, on a network failure, and after `timeoutMs`.
 */
export async function fetchJson(fetch: Fetch, url: string, { timeoutMs }: { timeoutMs: number }): Promise<Fetched> {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return { json: await response.json(), freshSeconds: freshSeconds(response.headers) };
}

function freshSeconds(headers: { get(name: string): string | null }): number | undefined {
  const cacheControl = headers.get("cache-control") ?? "";
  if (/(^|[\s,])no-(store|cache)\b/i.test(cacheControl)) return 0;
  const maxAge = /(?:^|[\s,])max-age="?(\d+)/i.exec(cacheControl)?.[1];
  const age = /^\d+$/.test(headers.get("age") ?? "") ? Number(headers.get("age")) : 0;
  return maxAge === undefined ? undefined : Number(maxAge) - age;
}
