import { platformErrors } from "./platform-errors.ts";

/**
 * The copy of a value that arrives on the other side of a call. As on the platform, errors keep their own properties
 * but not a class of their own. Instances of classes and objects without a prototype are refused. Functions, which the
 * platform passes as stubs, are refused here. An object that is found twice in a value arrives as two.
 *
 * @throws DOMException `DataCloneError`
 */
export function received<T>(value: T): T {
  return copy(value, (original, cloned) => {
    const prototype = Object.getPrototypeOf(original);
    if (Object.getPrototypeOf(cloned) !== prototype) {
      throw platformErrors.notSerializable(prototype?.constructor.name ?? "Object");
    }
  });
}

/** The copy of a value that storage keeps: instances of classes become plain objects. */
export function stored<T>(value: T): T {
  return copy(value, () => {});
}

/** The copy of a thrown value that arrives: always an object, though perhaps less than was thrown. */
export function transmitted(thrown: unknown): object {
  try {
    if (typeof thrown === "object" && thrown !== null) return received(thrown);
  } catch {
    // The error holds values that cannot be copied, so only its text arrives.
  }
  return new Error(thrown instanceof Error ? thrown.message : String(thrown));
}

type Inspect = (original: object, cloned: object) => void;

function copy<T>(value: T, inspect: Inspect): T;
function copy(value: unknown, inspect: Inspect): unknown {
  // Most copied values are plain data, which is ten times faster by hand.
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return value;
  if (Array.isArray(value)) return value.map((item) => copy(item, inspect));
  if (Object.getPrototypeOf(value) === Object.prototype) return copyOwn(value, {}, inspect);
  if (isNamedError(value)) return copyError(value, inspect);
  const cloned = structuredClone(value);
  inspect(value, cloned as object);
  return cloned;
}

function copyOwn(from: object, to: object, inspect: Inspect): object {
  for (const [key, own] of Object.entries(from)) {
    const value = copy(own, inspect);
    // An assignment would set the prototype.
    if (key === "__proto__")
      Object.defineProperty(to, key, { value, enumerable: true, writable: true, configurable: true });
    else (to as Record<string, unknown>)[key] = value;
  }
  return to;
}

const ERROR_TYPES = [RangeError, TypeError, SyntaxError, ReferenceError];

/** An error but a `DOMException`, which has no properties of its own to keep. */
function isNamedError(value: object): value is Error {
  return value instanceof Error && !(value instanceof DOMException);
}

function copyError(error: Error, inspect: Inspect): object {
  const Type = ERROR_TYPES.find((type) => type === error.constructor) ?? Error;
  const copied = new Type(error.message);
  if (error.cause !== undefined) copied.cause = copy(error.cause, inspect);
  return copyOwn(error, copied, inspect);
}
