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
) => Promise<{ readonly status: number; json(): Promise<unknown> }>;

/**
 * GETs a JSON document. Redirects are not followed.
 *
 * @throws Error on any status but 200, on a network failure, and after `timeoutMs`.
 */
export async function fetchJson(fetch: Fetch, url: string, { timeoutMs }: { timeoutMs: number }): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
