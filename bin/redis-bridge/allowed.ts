import { RequestError, readCommand } from "../local-redis/request.ts";
import type { Command } from "../local-redis/resp.ts";

/** A command that Moor sends, and the key that says which node of a Cluster runs it. */
export interface Allowed {
  readonly command: Command;
  /** `undefined`: any node. */
  readonly key: string | undefined;
}

const PREFIX = "moor:";
/** The settings for which `moor check --deploy` asks. Others hold passwords. */
const SETTINGS = new Set(["maxmemory", "maxmemory-policy", "appendonly", "appendfsync"]);

/**
 * Reads a command that Moor sends: `EVAL` and `ZADD` on keys that begin with `moor:`, and what `moor check --deploy` asks.
 *
 * @throws RequestError (400) if the body is no command, or (403) if Moor does not send this command.
 */
export function readAllowed(body: unknown): Allowed {
  const command = readCommand(body);
  const [name = "", first = "", second = ""] = command;
  switch (name.toUpperCase()) {
    case "EVAL": {
      const keys = command.slice(3, 3 + Number(second));
      if (keys.length > 0 && keys.length === Number(second) && keys.every(isMoors)) return { command, key: keys[0] };
      break;
    }
    case "ZADD":
      if (isMoors(first)) return { command, key: first };
      break;
    case "TIME":
      if (command.length === 1) return { command, key: undefined };
      break;
    case "INFO":
      if (command.length === 2 && first.toLowerCase() === "replication") return { command, key: undefined };
      break;
    case "CONFIG":
      if (command.length === 3 && first.toUpperCase() === "GET" && SETTINGS.has(second)) {
        return { command, key: undefined };
      }
      break;
  }
  throw new RequestError(403, "ERR Moor does not send this command");
}

function isMoors(key: string): boolean {
  return key.startsWith(PREFIX);
}
