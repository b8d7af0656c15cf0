/** The part of `fetch` that the helper uses. */
export type Fetch = (
  url: string,
  init: { headers: Record<string, string>; redirect: "manual"; signal: AbortSignal },
) => Promise<{ readonly status: number; json(): Promise<unknown> }>;

/**
 * GETs a JSON document. Redirects are not followed: one could carry the bearer elsewhere.
 *
 * @throws Error on any status but 200, on a network failure, and after `timeoutMs`.
 */
export async function fetchJson(
  fetch: Fetch,
  url: string,
  { bearer, timeoutMs }: { bearer?: string; timeoutMs: number },
): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: "application/json", ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
