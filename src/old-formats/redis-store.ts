import { attempt, isStrings, type RedisClient, unreadable } from "../redis/client.ts";
import { MOST_BYTES } from "./bounded-json.ts";
import { DONE } from "./format.ts";
import type { OldStore } from "./old-store.ts";

/** Value and time to live of one moment. A key of another type holds no session. */
const READ = `local kind = redis.call("TYPE", KEYS[1])
if (kind.ok or kind) ~= "string" then return {"none"} end
if redis.call("STRLEN", KEYS[1]) > tonumber(ARGV[1]) then return {"long"} end
return {"found", redis.call("GET", KEYS[1]), tostring(redis.call("PTTL", KEYS[1]))}`;

/**
 * The sessions that connect-redis keeps as JSON. A session lives as long as its key: connect-redis renews the key at each request, and not
 * the expiry within the value.
 */
export function createRedisStore(client: RedisClient, prefix: string): OldStore {
  return {
    read: (id, now) =>
      attempt(async () => {
        const answer = await client.eval(READ, [prefix + id], [String(MOST_BYTES)]);
        if (!isStrings(answer)) unreadable();
        const [kind, text, ttlMs] = answer;
        if (kind === "none") return { kind };
        if (kind === "long") {
          return { kind: "unreadable" as const, reason: `its session is longer than ${MOST_BYTES} bytes` };
        }
        if (kind !== "found" || text === undefined || !/^-?\d+$/.test(ttlMs ?? "")) unreadable();
        const left = Number(ttlMs);
        return { kind, text, ...(left >= 0 && { expiresAt: now + left }) };
      }),
    end: (id) =>
      attempt(async () => {
        await client.run(["DEL", prefix + id]);
        return DONE;
      }),
  };
}
