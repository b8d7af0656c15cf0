/** A kind of data that a browser forgets. */
type Kind = "cache" | "cookies" | "storage";

/** Has the browser forget what it keeps of this site (`Clear-Site-Data`). Browsers heed it over https and at localhost alone. */
export function clearSiteData({ headers }: Response, kinds: readonly Kind[]): void {
  if (kinds.length > 0) headers.set("Clear-Site-Data", kinds.map((kind) => `"${kind}"`).join(", "));
}

/** The same without cookies, for an answer that gives a cookie, or that comes after another visitor may have been given a cookie. */
export function withoutCookies(kinds: readonly Kind[]): readonly Kind[] {
  return kinds.filter((kind) => kind !== "cookies");
}
