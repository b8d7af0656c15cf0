/** The path and the query of a request as they were sent, whatever its host is. `undefined`: the target is no path. */
export function targetOf(url: string): string | undefined {
  return /^https?:\/\/[^/?#]*(\/.*)$/s.exec(url)?.[1];
}
