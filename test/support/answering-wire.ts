import type { Wire } from "../../src/lib/wire.ts";

/**
 * A connection to a server that answers as a test says.
 *
 * @param answer is given each text that is written. Returns the answers in their order. `undefined`: the server says nothing. `null`: it
 * closes the connection.
 * @param onClose is called when the client closes the connection.
 */
export function answeringWire(
  answer: (written: string) => readonly (string | undefined | null)[],
  onClose: () => unknown,
): Wire {
  let give: ReadableStreamDefaultController<Uint8Array>;
  return {
    readable: new ReadableStream({
      start(controller) {
        give = controller;
      },
    }),
    writable: new WritableStream({
      write(chunk) {
        for (const said of answer(new TextDecoder().decode(chunk))) {
          if (said === null) give.close();
          else if (said !== undefined) give.enqueue(new TextEncoder().encode(said));
        }
      },
    }),
    close: onClose,
  };
}
