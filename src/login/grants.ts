import type { KeyRing } from "../inbound/token/key-ring.ts";
import type { Login } from "../session/login.ts";
import { createSeal } from "../store/seal.ts";

/** Seals refresh tokens. Nothing but the object of a session keeps them, and even there nobody can read them without the keys. */
export interface Grants {
  seal(login: Whose, refreshToken: string): Promise<string>;
  /** `undefined`: no key of the ring has sealed it for this visitor. */
  open(login: Whose, sealed: string): Promise<string | undefined>;
}

/** The visitor to whom a provider gave a refresh token. */
type Whose = Pick<Login, "id" | "issuer" | "sub">;

/** @param ring of tokens. Its first key seals. A refresh token whose key is gone is lost, and its visitor logs in again. */
export function createGrants(ring: KeyRing): Grants {
  const seal = createSeal(ring);
  // The session is not known yet when a login that may found it is sealed.
  const contextOf = ({ id, issuer, sub }: Whose) =>
    ({ id: `${id === undefined ? "" : `${id} `}${issuer} ${sub}`, version: 0, purpose: "grant" }) as const;
  return {
    seal: (login, refreshToken) => seal.close(contextOf(login), refreshToken),
    open: (login, sealed) => seal.open(contextOf(login), sealed),
  };
}
