/** What of a cookie's options counts here. The cookie itself is Moor's, so its name, path and flags are. */
export interface CookieOptions {
  /** How long the session lasts without a request, in milliseconds. Default: as long as Moor's policy says. */
  maxAge?: number | null | undefined;
  /** The same as a date. `false` or null: none. */
  expires?: Date | false | null | undefined;
}

/** `req.session.cookie`: when the session expires, as express-session has it. */
export class Cookie {
  /** `maxAge` as it was last set; a touch begins it anew. */
  originalMaxAge: number | null = null;
  #expires: Date | null = null;

  constructor({ maxAge, expires }: CookieOptions = {}) {
    if (maxAge !== undefined) this.maxAge = maxAge;
    else if (expires !== undefined) this.expires = expires;
  }

  get expires(): Date | null {
    return this.#expires;
  }

  set expires(date: Date | false | null) {
    this.#expires = date || null;
    this.originalMaxAge = this.maxAge;
  }

  /** Milliseconds that are left. */
  get maxAge(): number | null {
    return this.#expires && this.#expires.getTime() - Date.now();
  }

  set maxAge(milliseconds: number | null) {
    if (milliseconds !== null && !Number.isFinite(milliseconds))
      throw new TypeError("maxAge must be a number of milliseconds");
    this.#expires = milliseconds === null ? null : new Date(Date.now() + milliseconds);
    this.originalMaxAge = milliseconds;
  }

  /** When it expires is taken over, and how long it was to last as well. */
  static restored(originalMaxAge: number, expires: Date): Cookie {
    const cookie = new Cookie({ expires });
    cookie.originalMaxAge = originalMaxAge;
    return cookie;
  }

  toJSON(): { originalMaxAge: number | null; expires: Date | null } {
    return { originalMaxAge: this.originalMaxAge, expires: this.#expires };
  }
}
