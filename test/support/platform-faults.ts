/** The platform's own errors of calls to Durable Objects: properties are `true` or absent. */
export const platformFaults = {
  connectionLost: () => Object.assign(new Error("Network connection lost."), { retryable: true }),
  overloaded: () =>
    Object.assign(new Error("Durable Object is overloaded. Too many requests queued."), {
      overloaded: true,
      retryable: true,
    }),
  codeUpdated: () =>
    Object.assign(new Error("Durable Object reset because its code was updated."), {
      durableObjectReset: true,
      retryable: true,
    }),
  thrownInside: () => Object.assign(new TypeError("Cannot read properties of undefined"), { remote: true }),
  missingMethod: () =>
    Object.assign(new TypeError('The RPC receiver does not implement the method "takeOver".'), { remote: true }),
};
