import type { ServerResponse } from "node:http";
import { MoorOriginError } from "../origin/errors.ts";
import type { Exchange } from "./exchange.ts";

/** Puts changes on a response that is complete and not sent yet, or stores them. After an error the response takes no change. */
export type FinishChanges = () => Promise<void>;

/**
 * Sends the changes of a request with the headers of its response. Changes that headers cannot carry are stored through
 * the session API before the response ends.
 *
 * @param fail is called with a change's error. It answers the request, unless the headers are sent.
 * @returns a function for frameworks that have a step between the application and its response: there a change's error can still be
 * answered like the application's own.
 */
export function accompany(response: ServerResponse, exchange: Exchange, fail: (error: unknown) => void): FinishChanges {
  const { writeHead, end } = response;
  let isBegun = false;
  let hasFailed = false;

  function giveUp(): void {
    hasFailed = true;
    exchange.closeHeaders();
  }

  response.writeHead = ((...args: Parameters<ServerResponse["writeHead"]>) => {
    if (!isBegun && !hasFailed) {
      try {
        exchange.send();
      } catch (fault) {
        giveUp();
        setImmediate(fail, withStatus(fault));
        // A change that cannot be stored must not look like a success.
        args[0] = 500;
      }
    }
    isBegun = true;
    exchange.closeHeaders();
    return writeHead?.apply(response, args);
  }) as ServerResponse["writeHead"];

  response.end = ((...args: Parameters<ServerResponse["end"]>) => {
    if (hasFailed) return end.apply(response, args);
    let isLeft: boolean;
    try {
      isLeft = isBegun ? exchange.isLate : exchange.send();
    } catch (fault) {
      giveUp();
      setImmediate(fail, withStatus(fault));
      return response;
    }
    if (!isLeft) return end.apply(response, args);
    exchange
      .storeLate()
      .catch((fault: unknown) => {
        giveUp();
        fail(withStatus(fault));
      })
      .finally(() => {
        // The application answers a failure while it can, and to end a response twice is an error that nobody handles.
        const isForOthers = (hasFailed && !response.headersSent) || response.writableEnded;
        if (!isForOthers) end.apply(response, args);
      });
    return response;
  }) as ServerResponse["end"];

  return async () => {
    if (isBegun || hasFailed) return;
    try {
      if (exchange.send()) await exchange.storeLate();
    } catch (fault) {
      giveUp();
      throw withStatus(fault);
    }
  };
}

/** Ends a response of a change that failed when the framework had given the response away. */
export function endFailed(response: ServerResponse): void {
  if (response.headersSent) return;
  // They describe the body that is not sent.
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = 500;
  response.end();
}

/** Gives an error of Moor's the `status` that Express answers with: 403, 503, or else 500. */
export function withStatus(fault: unknown): unknown {
  if (!(fault instanceof MoorOriginError)) return fault;
  switch (fault.code) {
    case "change-too-large":
    case "session-ended":
    case "session-not-stored":
    case "session-refused":
      return fault;
    default:
      return Object.assign(fault, { status: fault.code.startsWith("handoff-") ? 403 : 503 });
  }
}
