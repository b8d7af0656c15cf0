import { joinCredentials, splitCredentials } from "../../src/carriers/credentials.ts";
import { createTokens, type OpenedToken, type TokenFault, type Tokens } from "../../src/inbound/token/tokens.ts";

/** Tokens whose credentials are a single text, as a header carries them. */
export interface TokenTexts extends Pick<Tokens, "mint" | "signMark"> {
  open(text: string, now: number, refused?: (fault: TokenFault) => void): Promise<OpenedToken | undefined>;
  sign(token: OpenedToken, options: { proof: boolean }): Promise<string>;
}

/** The same tokens, opened from a single text and signed to a single text. */
export function asTexts(tokens: Tokens): TokenTexts {
  return {
    mint: tokens.mint,
    signMark: tokens.signMark,
    open: (text, now, refused) => tokens.open(splitCredentials(text), now, refused),
    sign: async (token, options) => joinCredentials(await tokens.sign(token, options)),
  };
}

/** The tokens of a ring, as {@link asTexts} gives them. */
export function createTokenTexts(...given: Parameters<typeof createTokens>): TokenTexts {
  return asTexts(createTokens(...given));
}
