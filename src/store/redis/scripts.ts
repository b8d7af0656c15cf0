/**
 * What Redis runs, each script in one step on the primary. All keys are declared, and those of one script lie in one slot.
 * Texts stored are ASCII. Times are milliseconds since 1970, by the server's own clock.
 *
 * The backup (hash) has `version`, `touched` and `ended` in clear, for the guard, beside the sealed `record`. The journal
 * (list) has an entry per change, in order: `<change id> <end|-> <sealed>`.
 */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Numbers are formatted by the script: Lua writes large ones with an exponent. */
const WRITE_BACKUP = `${NOW}
local function write_backup()
  local held = redis.call('HMGET', KEYS[1], 'version', 'touched', 'ended')
  if held[3] == '1' then return 'ended' end
  if held[1] then
    local newer_by = tonumber(held[1]) - tonumber(ARGV[1])
    if newer_by > 0 or (newer_by == 0 and tonumber(held[2]) > tonumber(ARGV[2])) then return 'older' end
  end
  redis.call('HSET', KEYS[1], 'version', ARGV[1], 'touched', ARGV[2], 'ended', ARGV[3], 'record', ARGV[4])
  local expires_at = math.max(tonumber(ARGV[5]), now + tonumber(ARGV[6]))
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', expires_at))
  return 'kept'
end
`;

/**
 * Writes a backup, unless a newer one or a tombstone is there. Of one version, the later touch is newer, and of one touch
 * the last to arrive.
 *
 * Keys: backup. Arguments: version, time of the touch, `1` for a tombstone or `0`, sealed record, time until which it is
 * kept, and for how long at least.
 * Reply: `kept`, `older` or `ended`.
 */
export const KEEP = `${WRITE_BACKUP}
return write_backup()
`;

/**
 * Removes the entries of the given changes from the journal, and writes the backup as {@link KEEP} does. The entries go
 * whatever becomes of the backup: the authority has applied them, and a backup that is newer knows them.
 *
 * Keys: backup, journal. Arguments: those of KEEP, then the ids of the changes. Reply: as KEEP.
 */
export const TAKE_OVER = `${WRITE_BACKUP}
local taken = {}
for i = 7, #ARGV do taken[ARGV[i]] = true end
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if taken[string.match(entry, '^%S+')] then redis.call('LREM', KEYS[2], 1, entry) end
end
return write_backup()
`;

/**
 * Appends a change to the journal: once, in time, while the session has not ended, and while the journal can still be read
 * in one reply. The journal then lives until the given time, as long as the backup, and for the given time at least.
 *
 * Keys: backup, journal. Arguments: change id, when it expires, `end` or `-`, sealed entry, time until which it is kept,
 * for how long at least, most bytes of a journal.
 * Reply: `appended` (also for a repeat), `ended`, `expired` or `full`.
 */
export const APPEND = `${NOW}
local has_ended = redis.call('HGET', KEYS[1], 'ended') == '1'
local bytes = #ARGV[4]
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  local id, kind = string.match(entry, '^(%S+) (%S+)')
  if id == ARGV[1] then return 'appended' end
  if kind == 'end' then has_ended = true end
  bytes = bytes + #entry
end
if has_ended then return 'ended' end
if now >= tonumber(ARGV[2]) then return 'expired' end
if bytes > tonumber(ARGV[7]) then return 'full' end
redis.call('RPUSH', KEYS[2], ARGV[1] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
local lives = math.max(
  tonumber(ARGV[5]) - now, tonumber(ARGV[6]), redis.call('PTTL', KEYS[1]), redis.call('PTTL', KEYS[2]))
redis.call('PEXPIRE', KEYS[2], string.format('%.0f', lives))
return 'appended'
`;

/**
 * Reads backup and journal. Not sent as read-only: Upstash would let a replica answer, which lags behind.
 *
 * Keys: backup, journal. Arguments: none. Reply: an array of [version, sealed record], both nil without a backup, and the
 * array of the journal's entries.
 */
export const READ = `
return {redis.call('HMGET', KEYS[1], 'version', 'record'), redis.call('LRANGE', KEYS[2], 0, -1)}
`;

/**
 * Forgets that a session is pending, unless a change was noted that may have arrived after the given time.
 *
 * Keys: a pending set. Arguments: session id, time. Reply: `kept` (it is forgotten) or `older` (it is not).
 */
export const SETTLE = `
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) > tonumber(ARGV[2]) then return 'older' end
redis.call('ZREM', KEYS[1], ARGV[1])
return 'kept'
`;
