import { murmur3 } from "./murmur3.ts";
import { encodeUtf8 } from "./utf8.ts";

const PIN_SEED = 0x85ebca77;

/** The hash by which a token names an origin: 1 to 4,294,967,295. It keeps its meaning for good, as tokens do. */
export function pinOf(pool: string, origin: string): number {
  // Ids have no slash, so no two of them read alike. 0 says that a token has no pin.
  return murmur3(encodeUtf8(`${pool}/${origin}`), PIN_SEED) || 1;
}
