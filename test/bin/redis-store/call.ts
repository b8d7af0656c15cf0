import type { Fallback } from "../../../src/store/fallback-contract.ts";
import { createRedisFallback } from "../../../src/store/redis/fallback.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { STORE_RING } from "../../store/redis/records.ts";

/** A call of a fallback's method, as it can be sent to another runtime. */
export interface Call {
  /** The name of the fallback, which is made with the first call and serves all later calls. */
  readonly options: { readonly url: string; readonly token: string; readonly deadlineMs: number };
  readonly method: keyof Fallback;
  readonly args: readonly unknown[];
}

/** A fault as it can be sent back. */
export interface ShownFault {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  /** Everything that a log could show of it: stack, properties, cause. */
  readonly everything: string;
}

const fallbacks = new Map<string, Fallback>();

/** The answer of the call. A cause in it is a {@link ShownFault}. */
export async function answerTo({ options, method, args }: Call): Promise<object> {
  const key = JSON.stringify(options);
  const fallback = fallbacks.get(key) ?? createRedisFallback({ ...options, seal: createSeal(STORE_RING) });
  fallbacks.set(key, fallback);
  const call = fallback[method] as (...args: readonly unknown[]) => Promise<{ cause?: Error & { code: string } }>;
  const answer = await call(...args);
  return answer.cause ? { ...answer, cause: show(answer.cause) } : answer;
}

function show(fault: Error & { code: string }): ShownFault {
  const { name, code, message } = fault;
  const own = Object.getOwnPropertyNames(fault).map((property) => Reflect.get(fault, property));
  return { name, code, message, everything: [String(fault), ...own.map(String)].join("\n") };
}
