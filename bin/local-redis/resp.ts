/** A command and its arguments, as text. Redis receives them as UTF-8. */
export type Command = readonly string[];

/** An error with which Redis answered a command. */
export interface RedisError {
  readonly error: string;
}

/** A reply of Redis in RESP2. Simple strings and bulk strings are both bytes. */
export type Reply = Buffer | number | null | RedisError | readonly Reply[];

export function isError(reply: Reply): reply is RedisError {
  return typeof reply === "object" && reply !== null && "error" in reply;
}

/** A command as Redis reads it: an array of bulk strings. */
export function encode(command: Command): string {
  return `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join("")}`;
}

/**
 * Makes a reader of RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/.
 *
 * Integers beyond 2^53 lose precision, as they do in every JSON that JavaScript parses.
 *
 * @param take gets each reply as soon as it is whole.
 * @returns a function that takes the bytes in pieces of any size.
 * @throws Error from the returned function if the bytes are not RESP2. After that the function must not be used again.
 */
export function createReplyReader(take: (reply: Reply) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0);

  function* hold(size: number): Generator<void, void, Buffer> {
    if (held.length >= size) return;
    const chunks = [held];
    for (let length = held.length; length < size; ) {
      const chunk = yield;
      chunks.push(chunk);
      length += chunk.length;
    }
    held = Buffer.concat(chunks);
  }

  function* bytes(size: number): Generator<void, Buffer, Buffer> {
    yield* hold(size);
    const taken = held.subarray(0, size);
    held = held.subarray(size);
    return taken;
  }

  function* line(): Generator<void, Buffer, Buffer> {
    let end = held.indexOf("\r\n");
    while (end < 0) {
      yield* hold(held.length + 1);
      end = held.indexOf("\r\n");
    }
    return (yield* bytes(end + 2)).subarray(0, end);
  }

  function* reply(): Generator<void, Reply, Buffer> {
    const [type, rest] = split(yield* line());
    switch (type) {
      case "+":
        return rest;
      case "-":
        return { error: rest.toString() };
      case ":":
        return Number(rest);
      case "$": {
        const length = Number(rest);
        return length < 0 ? null : (yield* bytes(length + 2)).subarray(0, length);
      }
      case "*": {
        const length = Number(rest);
        if (length < 0) return null;
        const replies: Reply[] = [];
        while (replies.length < length) replies.push(yield* reply());
        return replies;
      }
      default:
        throw new Error(`a reply of type ${JSON.stringify(type)}`);
    }
  }

  function* replies(): Generator<void, never, Buffer> {
    while (true) take(yield* reply());
  }

  const reading = replies();
  reading.next();
  return (chunk) => {
    reading.next(chunk);
  };
}

function split(line: Buffer): [type: string, rest: Buffer] {
  return [line.toString("latin1", 0, 1), line.subarray(1)];
}
