import type { webcrypto } from "node:crypto";

/**
 * Node's types declare the classes of Web Crypto as values only. Code that runs in Node and in workerd uses them as
 * types too.
 */
declare global {
  type CryptoKey = webcrypto.CryptoKey;
  type CryptoKeyPair = webcrypto.CryptoKeyPair;
}
