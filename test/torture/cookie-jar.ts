/** A browser's cookies of one site, with the rules that matter here (RFC 6265): the cookie that arrives last wins. */
export class CookieJar {
  readonly #now: () => number;
  #cookies = new Map<string, { value: string; expiresAt: number }>();

  /** @param now the browser's clock, milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The cookies as they are now. */
  read(): ReadonlyMap<string, string> {
    for (const [name, { expiresAt }] of this.#cookies) if (expiresAt <= this.#now()) this.#cookies.delete(name);
    return new Map(Array.from(this.#cookies, ([name, { value }]) => [name, value]));
  }

  /** Takes the cookies that a response sets. `Max-Age=0` deletes a cookie, and without `Max-Age` it stays. */
  receive(setCookies: readonly string[]): void {
    for (const setCookie of setCookies) {
      const [pair = "", ...attributes] = setCookie.split(";");
      const equals = pair.indexOf("=");
      const maxAge = attributes.map((attribute) => /^\s*max-age=(-?\d+)\s*$/i.exec(attribute)?.[1]).find(Boolean);
      const expiresAt = maxAge === undefined ? Number.POSITIVE_INFINITY : this.#now() + Number(maxAge) * 1000;
      this.#cookies.set(pair.slice(0, equals).trim(), { value: pair.slice(equals + 1).trim(), expiresAt });
    }
  }

  /** Its cookies, to be put back later. */
  snapshot(): ReadonlyMap<string, { value: string; expiresAt: number }> {
    return new Map(this.#cookies);
  }

  /** Replaces its cookies by those of an earlier time. */
  restore(snapshot: ReturnType<CookieJar["snapshot"]>): void {
    this.#cookies = new Map(snapshot);
  }

  /** Forgets all cookies except one. */
  keepOnly(kept: string): void {
    for (const name of this.#cookies.keys()) if (name !== kept) this.#cookies.delete(name);
  }

  /** Takes over all cookies of another browser: somebody has copied them. */
  copyFrom(other: CookieJar): void {
    for (const [name, cookie] of other.#cookies) this.#cookies.set(name, cookie);
  }
}

/** The `Cookie` header for these cookies. `null`: there is no cookie to send. */
export function cookieHeader(cookies: ReadonlyMap<string, string>): string | null {
  return cookies.size === 0 ? null : Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");
}
