import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import type { Random } from "./random.ts";

/** A key of {@link createSyncCrypto}. It is used like a real key, and has nothing else in common with it. */
interface SyncKey {
  readonly name: string;
  /** A key object: Node takes six times as long to sign with bytes. */
  readonly secret: KeyObject;
}

interface Algorithm {
  readonly name: string;
  readonly hash?: string | { readonly name: string };
  readonly salt?: BufferSource;
  readonly info?: BufferSource;
  readonly length?: number;
  readonly iv?: BufferSource;
  readonly additionalData?: BufferSource;
}

type BufferSource = ArrayBuffer | ArrayBufferView;

const TAG_BYTES = 16;

/**
 * The part of Web Crypto that the tests' subjects use, on Node's synchronous functions. The real Web Crypto works in a
 * pool of threads, so time and order would be real. Random values come from `random`.
 *
 * It has SHA-256, HMAC with SHA-256, HKDF with SHA-256 to AES-GCM keys, and AES-GCM with whole tags. Anything else
 * throws.
 */
export function createSyncCrypto(random: Random) {
  const subtle = {
    async digest(algorithm: string | Algorithm, data: BufferSource): Promise<ArrayBuffer> {
      assertHash(algorithm);
      return bufferOf(createHash("sha256").update(bytesOf(data)).digest());
    },

    async importKey(format: string, secret: BufferSource, algorithm: string | Algorithm): Promise<SyncKey> {
      const name = nameOf(algorithm);
      if (format !== "raw" || !["HMAC", "HKDF", "AES-GCM"].includes(name)) throw notSupported(`${format} ${name}`);
      if (typeof algorithm === "object" && algorithm.hash !== undefined) assertHash(algorithm.hash);
      return { name, secret: createSecretKey(bytesOf(secret)) };
    },

    async sign(algorithm: string | Algorithm, key: SyncKey, data: BufferSource): Promise<ArrayBuffer> {
      assertUse(algorithm, key, "HMAC");
      return bufferOf(createHmac("sha256", key.secret).update(bytesOf(data)).digest());
    },

    async verify(
      algorithm: string | Algorithm,
      key: SyncKey,
      signature: BufferSource,
      data: BufferSource,
    ): Promise<boolean> {
      const right = Buffer.from(await subtle.sign(algorithm, key, data));
      return right.equals(bytesOf(signature));
    },

    async deriveKey(algorithm: Algorithm, key: SyncKey, derived: Algorithm): Promise<SyncKey> {
      assertUse(algorithm, key, "HKDF");
      const { hash, salt, info } = algorithm;
      if (!hash || !salt || !info || derived.name !== "AES-GCM" || derived.length === undefined) {
        throw notSupported("this derivation");
      }
      assertHash(hash);
      const secret = hkdfSync("sha256", key.secret, bytesOf(salt), bytesOf(info), derived.length / 8);
      return { name: derived.name, secret: createSecretKey(new Uint8Array(secret)) };
    },

    async encrypt(algorithm: Algorithm, key: SyncKey, data: BufferSource): Promise<ArrayBuffer> {
      assertUse(algorithm, key, "AES-GCM");
      const cipher = createCipheriv(cipherOf(key), key.secret, bytesOf(algorithm.iv as BufferSource));
      if (algorithm.additionalData) cipher.setAAD(bytesOf(algorithm.additionalData));
      return bufferOf(Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()]));
    },

    async decrypt(algorithm: Algorithm, key: SyncKey, data: BufferSource): Promise<ArrayBuffer> {
      assertUse(algorithm, key, "AES-GCM");
      const sealed = bytesOf(data);
      try {
        const decipher = createDecipheriv(cipherOf(key), key.secret, bytesOf(algorithm.iv as BufferSource), {
          authTagLength: TAG_BYTES,
        });
        if (algorithm.additionalData) decipher.setAAD(bytesOf(algorithm.additionalData));
        decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
        return bufferOf(Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]));
      } catch {
        throw new DOMException("The operation failed for an operation-specific reason", "OperationError");
      }
    },
  };

  return {
    subtle,
    getRandomValues<T extends Uint8Array>(bytes: T): T {
      random.fill(bytes);
      return bytes;
    },
    randomUUID(): string {
      const bytes = new Uint8Array(16);
      random.fill(bytes);
      bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
      bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
      const hex = Buffer.from(bytes).toString("hex");
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    },
  };
}

/** Puts a {@link createSyncCrypto} in the place of `crypto`, until the returned function is called. */
export function installSyncCrypto(random: Random): () => void {
  const real = Object.getOwnPropertyDescriptor(globalThis, "crypto") as PropertyDescriptor;
  Object.defineProperty(globalThis, "crypto", { value: createSyncCrypto(random), configurable: true, writable: true });
  return () => Object.defineProperty(globalThis, "crypto", real);
}

function nameOf(algorithm: string | { readonly name: string }): string {
  return typeof algorithm === "string" ? algorithm : algorithm.name;
}

function assertHash(hash: string | { readonly name: string }): void {
  if (nameOf(hash) !== "SHA-256") throw notSupported(nameOf(hash));
}

function assertUse(algorithm: string | Algorithm, key: SyncKey, name: string): void {
  if (nameOf(algorithm) !== name || key.name !== name)
    throw notSupported(`${nameOf(algorithm)} with a ${key.name} key`);
}

function cipherOf({ secret }: SyncKey): "aes-128-gcm" | "aes-256-gcm" {
  return secret.symmetricKeySize === 16 ? "aes-128-gcm" : "aes-256-gcm";
}

function notSupported(what: string): DOMException {
  return new DOMException(`${what} is not among what the stand-in for Web Crypto can do`, "NotSupportedError");
}

function bytesOf(data: BufferSource): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

function bufferOf(buffer: Buffer): ArrayBuffer {
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) as ArrayBuffer;
}
