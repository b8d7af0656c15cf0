import { encodeUtf8, murmur3 } from "../affinity/murmur3.ts";

/**
 * A number that tells a configuration from another configuration. It notices a configuration that has changed by accident, and is no
 * protection against anybody who wants to change it.
 *
 * @param config a configuration that JSON can hold. Functions do not count.
 */
export function fingerprintOf(config: object): number {
  return murmur3(encodeUtf8(JSON.stringify(config)), 0);
}
