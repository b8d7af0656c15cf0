/**
 * The platform's own errors. Properties that tell of a fault (`retryable`, `overloaded`, `durableObjectReset`,
 * `remote`) are `true` or absent. The texts come from Cloudflare's troubleshooting page of Durable Objects, and from
 * workerd.
 */
export const platformErrors = {
  /** It is unknown whether the call was received. */
  connectionLost: () => Object.assign(new Error("Network connection lost."), { retryable: true }),

  overloaded: () =>
    Object.assign(new Error("Durable Object is overloaded. Too many requests queued."), {
      overloaded: true,
      retryable: true,
    }),

  /** To the callers of an instance that was thrown away. */
  reset: () =>
    Object.assign(new Error("Durable Object reset because its code was updated."), {
      durableObjectReset: true,
      retryable: true,
    }),

  /** To an instance that was thrown away, when it uses its storage. */
  storageGone: () =>
    Object.assign(new Error("The Durable Object's code has been updated, this version can no longer access storage."), {
      durableObjectReset: true,
      retryable: true,
    }),

  rowTooBig: () => new Error("string or blob too big: SQLITE_TOOBIG"),

  noSuchMethod: (method: string) => new TypeError(`The RPC receiver does not implement the method "${method}".`),

  notSerializable: (type: string) =>
    new DOMException(
      `Could not serialize object of type "${type}". This type does not support serialization.`,
      "DataCloneError",
    ),

  /** @param status with its text, such as `429 Too Many Requests`. */
  kv: (method: "GET" | "PUT" | "DELETE", status: string) => new Error(`KV ${method} failed: ${status}`),
};
