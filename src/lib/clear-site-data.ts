/** A kind of data that a browser forgets. */
type Kind = "cache" | "cookies" | "storage";

/** Has the browser forget what it keeps of this site (`Clear-Site-Data`). Browsers heed it over https and at localhost alone. */
export function clearSiteData({ headers }: Response, kinds: readonly Kind[]): void {
  if (kinds.length > 0) headers.set("Clear-Site-Data", kinds.map((kind) => `"${kind}"`).join(", "));
}
