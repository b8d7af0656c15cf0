import { cookieValue, unquoted } from "../lib/cookie-value.ts";

/** Frameworks write a value that is too long for a cookie into several, as in `name.0`, `name.1`. */
const MOST_CHUNKS = 16;

/** A cookie, as the request brings it. */
export interface SentCookie {
  readonly name: string;
  readonly value: string;
}

/** The cookies of a request that hold the value of a name: the cookie of this name, or else its chunks in order. */
export function cookiesOf(header: string | null, name: string): SentCookie[] {
  const whole = cookieValue(header, name);
  if (whole) return [{ name, value: whole }];
  const chunks: SentCookie[] = [];
  for (let nth = 0; nth < MOST_CHUNKS; nth++) {
    const value = cookieValue(header, `${name}.${nth}`);
    if (!value) break;
    chunks.push({ name: `${name}.${nth}`, value });
  }
  return chunks;
}

/** The value of a name as frameworks read it: joined from its chunks, without quotes, and percent-decoded where that is possible. */
export function textOf(header: string | null, name: string): string | undefined {
  const cookies = cookiesOf(header, name);
  return cookies.length === 0 ? undefined : cookies.map(({ value }) => decoded(unquoted(value))).join("");
}

/** The value of the first of several names that the request brings. */
export function firstText(header: string | null, names: readonly string[]): { name: string; text: string } | undefined {
  for (const name of names) {
    const text = textOf(header, name);
    if (text !== undefined) return { name, text };
  }
  return undefined;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
