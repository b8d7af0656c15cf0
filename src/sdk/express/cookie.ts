/** With so much before or after it, every time until the year 20,000 is still a `Date` (ECMAScript, 21.4.1.1). */
const MAX_AGE_MS = 8e15;

/** Whether a cookie's `maxAge` can be this: a number of milliseconds that leads to a date. */
export function isMaxAge(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= MAX_AGE_MS;
}

/** The options of a cookie that count here. The cookie itself is Moor's, and so are its name, path and flags. */
export interface CookieOptions {
  /** How long the session lasts without a request, in milliseconds, or its end as a date. Default: as long as Moor's policy says. */
  maxAge?: number | Date | null | undefined;
  /** The same as a date. `false` or null: there is no such date. */
  expires?: Date | false | null | undefined;
}

/**
 * `req.session.cookie`: when the session expires, as express-session has it. The flags describe the cookie that Moor
 * sets by default. The application can assign them, without an effect on that cookie.
 */
export class Cookie {
  path = "/";
  httpOnly = true;
  sameSite: "lax" | "strict" | "none" | boolean = "lax";
  /** In a request: whether the visitor's own request came over https. */
  secure = true;
  #originalMaxAge: number | null = null;
  #expires: Date | null = null;

  /** @throws TypeError if the options are no object, and as the assignments do. */
  constructor(options: CookieOptions = {}) {
    if (typeof options !== "object") {
      throw new TypeError(`argument options must be an object, not ${typeof options}`);
    }
    const { maxAge, expires } = options;
    if (maxAge !== undefined) this.maxAge = maxAge;
    else if (expires !== undefined) this.expires = expires;
  }

  /** `maxAge` as it was last set; a touch begins it anew. Assigning it throws as `maxAge` does. */
  get originalMaxAge(): number | null {
    return this.#originalMaxAge;
  }

  set originalMaxAge(milliseconds: number | null) {
    this.#originalMaxAge = checkedMaxAge(milliseconds);
  }

  /** Assigning an invalid date throws a TypeError. */
  get expires(): Date | null {
    return this.#expires;
  }

  set expires(date: Date | false | null) {
    if (date && Number.isNaN(date.getTime())) throw new TypeError("expires must be a valid date");
    this.#expires = date || null;
    this.originalMaxAge = this.maxAge;
  }

  /**
   * Milliseconds that are left. A date that is assigned becomes `expires`. Assigning anything but a date, -8e15 to 8e15 or null throws a
   * TypeError.
   */
  get maxAge(): number | null {
    return this.#expires && this.#expires.getTime() - Date.now();
  }

  set maxAge(milliseconds: number | Date | null) {
    if (milliseconds instanceof Date) {
      this.expires = milliseconds;
      return;
    }
    this.originalMaxAge = milliseconds;
    this.#expires = milliseconds === null ? null : new Date(Date.now() + milliseconds);
  }

  /** When it expires is taken over, and how long it was to last as well. */
  static restored(originalMaxAge: number, expires: Date): Cookie {
    const cookie = new Cookie({ expires });
    cookie.originalMaxAge = originalMaxAge;
    return cookie;
  }

  toJSON(): object {
    const { originalMaxAge, expires, path, httpOnly, secure, sameSite } = this;
    return { originalMaxAge, expires, path, httpOnly, secure, sameSite };
  }
}

function checkedMaxAge(value: number | null): number | null {
  if (value === null || isMaxAge(value)) return value;
  throw new TypeError(`maxAge must be null or a number of milliseconds from -8e15 to 8e15, not ${value}`);
}
