import type { KeyRing } from "../../inbound/token/key-ring.ts";
import { createMac } from "../../inbound/token/mac.ts";
import { decodeBase64url, encodeBase64url } from "../../lib/base64url.ts";

/** An operator who uses the console. `view`: they may look and not act. */
export interface Operator {
  readonly who: string;
  readonly may: "view" | "act";
  /** Proves that a form comes from a page of this operator's console. */
  readonly formToken: string;
  /** Where they log out. Default: at the console. */
  readonly logout?: string;
}

/** What the cookie says of an operator who has logged in by token. Times are milliseconds since 1970. */
interface Pass extends Pick<Operator, "who" | "may"> {
  readonly issuedAt: number;
  readonly seenAt: number;
}

/** An operator has to log in again after this time, and after this time without a request, in milliseconds. */
export const LONGEST_MS = 8 * 3_600_000;
export const IDLE_MS = 30 * 60_000;
/** A cookie that is older is renewed. */
const RENEW_MS = 60_000;
/** No token of a visitor begins like this, so neither can be taken for the other. */
const LABEL = "console\0";
const FORMAT = /^([A-Za-z0-9_-]+)\.([1-9][0-9]{0,2})\.([A-Za-z0-9_-]{22})$/;

/** Signs and checks the cookies and the forms of operators. */
export interface Passes {
  /** Returns the value of the cookie of an operator who has just logged in. */
  issue(pass: Pick<Pass, "who" | "may">): Promise<string>;
  /**
   * @returns the operator, and the cookie's new value if it is time to renew it; `undefined`: the text is no pass, or has expired.
   */
  read(text: string): Promise<{ operator: Operator; renewed: string | undefined } | undefined>;
  /** Proves that a form comes from a page of an operator's. */
  formToken(who: string, issuedAt: number): Promise<string>;
}

/**
 * @param ring its keys sign.
 * @param secrets the tokens by which operators log in. Another value of any of them makes all passes void.
 * @param clock milliseconds since 1970.
 */
export function createPasses(ring: KeyRing, secrets: readonly (string | undefined)[], clock: () => number): Passes {
  const secret = JSON.stringify(secrets);
  const mac = createMac(ring);
  const signedBy = (text: string) => Uint8Array.from(new TextEncoder().encode(`${LABEL}${secret}\0${text}`));

  async function written(pass: Pass): Promise<string> {
    const text = encodeBase64url(new TextEncoder().encode(JSON.stringify(pass)));
    return `${text}.${mac.signingKey}.${encodeBase64url(await mac.sign(signedBy(text)))}`;
  }

  async function formToken(who: string, issuedAt: number): Promise<string> {
    return encodeBase64url(await mac.sign(signedBy(`form\0${who}\0${issuedAt}`)));
  }

  return {
    issue(pass) {
      const now = clock();
      return written({ ...pass, issuedAt: now, seenAt: now });
    },
    async read(value) {
      const [, text = "", keyId, encoded = ""] = FORMAT.exec(value) ?? [];
      const given = decodeBase64url(encoded);
      if (!given || !(await mac.verify(signedBy(text), given, Number(keyId)))) return undefined;
      const pass = JSON.parse(new TextDecoder().decode(decodeBase64url(text))) as Pass;
      const now = clock();
      if (now - pass.issuedAt >= LONGEST_MS || now - pass.seenAt >= IDLE_MS) return undefined;
      const { who, may, issuedAt } = pass;
      const renewed = now - pass.seenAt >= RENEW_MS ? await written({ ...pass, seenAt: now }) : undefined;
      return { operator: { who, may, formToken: await formToken(who, issuedAt) }, renewed };
    },
    formToken,
  };
}
