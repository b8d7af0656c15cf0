/**
 * The scripts for rows in Redis, each in one step on the primary. All keys are declared, and lie in one slot. Times are milliseconds since
 * 1970, by the server's own clock. No script is sent as read-only, because Upstash would then let a replica answer, which lags behind.
 *
 * A row (hash) has `tag` and `text`. A sorted set holds the names of the rows that have an alarm, by its time.
 */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Keys: row, and a key that there never is, if the reply must prove that the primary gives it: a replica refuses to delete even nothing.
 * Reply: tag, text, both empty if there is no row, and the time.
 */
export const READ_ROW = `${NOW}
if KEYS[2] then redis.call('DEL', KEYS[2]) end
local held = redis.call('HMGET', KEYS[1], 'tag', 'text')
return {held[1] or '', held[2] or '', now}
`;

/**
 * Replaces the row if it has the tag that was seen.
 *
 * Keys: row, alarms. Arguments: the tag that was seen, or empty if there was no row; the new tag, or empty to delete the row; the new text;
 * the time until which the row is kept; the time of the alarm, or empty; the time from which the write is late; the row's name. Reply:
 * `written`, `late`, or `moved` with the reply of {@link READ_ROW}.
 */
export const WRITE_ROW = `${NOW}
local held = redis.call('HMGET', KEYS[1], 'tag', 'text')
if (held[1] or '') ~= ARGV[1] then return {'moved', held[1] or '', held[2] or '', now} end
if now >= tonumber(ARGV[6]) then return {'late'} end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'tag', ARGV[2], 'text', ARGV[3])
  redis.call('PEXPIREAT', KEYS[1], ARGV[4])
end
if ARGV[2] == '' or ARGV[5] == '' then
  redis.call('ZREM', KEYS[2], ARGV[7])
else
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[7])
end
return {'written'}
`;

/** Keys: the barrier of a slot. Its write has all writes before it reach replicas first. */
export const BARRIER = `return redis.call('HSET', KEYS[1], 'at', 'any')`;

/** Keys: any of the slot, so that a Cluster runs it at its node. Reply: how many replicas follow the primary. */
export const REPLICAS = `return tonumber(string.match(redis.call('INFO', 'replication'), 'connected_slaves:(%d+)'))`;

/** Keys: alarms. Arguments: how many names at most. Reply: names whose alarm has passed, each followed by the time of its alarm. */
export const DUE_ROWS = `${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
`;
