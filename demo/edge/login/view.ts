import type { TokenUse } from "../../provider/messages.ts";
import type { LoginTrace } from "./traces.ts";

/** A login, as this Worker and the provider have seen it. */
export interface LoginFlow {
  readonly trace: LoginTrace;
  /** Moor's visits at the provider for this login: first with its code, then with refresh tokens. */
  readonly uses: readonly TokenUse[];
}

/** The contents of the panel's section about the login. */
export interface LoginPanelView {
  /** Where the provider answers. */
  readonly address: string;
  readonly provider: "here" | "away";
  /** `undefined`: the visitor is not logged in by the provider. */
  readonly flow: LoginFlow | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The visits at the provider that belong to a login. */
export function usesOf({ codeDigest }: LoginTrace, uses: readonly TokenUse[]): TokenUse[] {
  const first = uses.findIndex((use) => use.codeDigest === codeDigest);
  const session = uses[first]?.session;
  return first < 0 ? [] : uses.slice(first).filter((use) => use.session === session);
}
