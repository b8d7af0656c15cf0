/**
 * The scripts that Redis runs, each in one step on the primary. All keys are declared, and the keys of one script lie in one
 * slot. Stored texts are ASCII. Times are milliseconds since 1970, by the server's own clock. No script is sent as read-only,
 * because Upstash would then let a replica answer, which lags behind.
 *
 * The backup (hash) has `version`, `touched`, `ended` and `generation` in clear, for the guards, and in addition the sealed
 * `record`. The journal (list) has an entry per change, in order: `<change id> <end|-> <generation> <sealed>`.
 */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** The script formats numbers itself, because Lua writes large numbers with an exponent. */
const WRITE_BACKUP = `${NOW}
local function write_backup()
  local held = redis.call('HMGET', KEYS[1], 'version', 'touched', 'ended')
  if held[3] == '1' then return 'ended' end
  if held[1] then
    local newer_by = tonumber(held[1]) - tonumber(ARGV[1])
    if newer_by > 0 or (newer_by == 0 and tonumber(held[2]) > tonumber(ARGV[2])) then return 'older' end
  end
  redis.call('HSET', KEYS[1],
    'version', ARGV[1], 'touched', ARGV[2], 'ended', ARGV[3], 'generation', ARGV[4], 'record', ARGV[5])
  local expires_at = math.max(tonumber(ARGV[6]), now + tonumber(ARGV[7]))
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', expires_at))
  return 'kept'
end
`;

/**
 * Writes a backup, unless a newer backup or a tombstone is there. Of the same version, the later touch is newer. Of the same
 * touch, the last backup to arrive is newer. Versions go up across generations, so the version alone tells which of two is newer.
 *
 * Keys: backup, journal. Arguments: version, time of the touch, `1` for a tombstone or `0`, generation, sealed record, the time
 * until which the backup is kept, and the least time for which it is kept. Reply: `kept`, `older` or `ended`, and how many
 * entries the journal holds.
 */
export const KEEP = `${WRITE_BACKUP}
return {write_backup(), redis.call('LLEN', KEYS[2])}
`;

/**
 * Removes the entries of the given changes from the journal, and writes the backup as {@link KEEP} does. The entries are removed
 * whether or not the backup is written: the authority has applied them, and a newer backup includes them.
 *
 * Keys: backup, journal. Arguments: those of KEEP, or as many empty arguments when no backup is to be written; then the ids of
 * the changes. Reply: as KEEP, and `kept` when there was no backup to write.
 */
export const TAKE_OVER = `${WRITE_BACKUP}
local taken = {}
for i = 8, #ARGV do taken[ARGV[i]] = true end
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if taken[string.match(entry, '^%S+')] then redis.call('LREM', KEYS[2], 1, entry) end
end
local outcome = ARGV[1] == '' and 'kept' or write_backup()
return {outcome, redis.call('LLEN', KEYS[2])}
`;

/**
 * Appends a change to the journal. It is appended once, in time, while the session has not ended, no newer generation is known,
 * and the journal does not become too long. The authority may still drop an end that an older generation asked for. The journal
 * then lives until the given time, as long as the backup, and for the given time at least.
 *
 * Keys: backup, journal. Arguments: the entry, when its change expires, the time until which it is kept, the least time for which
 * it is kept, most bytes of a journal. Reply: `appended` (also for a repeat), `ended`, `undecided`, `expired` or `full`.
 */
export const APPEND = `${NOW}
local function clear_text(entry)
  local id, kind, generation = string.match(entry, '^(%S+) (%S+) (%S+)')
  return id, kind, tonumber(generation)
end
local own_id, _, own_generation = clear_text(ARGV[1])
local held = redis.call('HMGET', KEYS[1], 'ended', 'generation')
local has_ended = held[1] == '1'
local is_contested = false
local newest = tonumber(held[2] or 0)
local bytes = #ARGV[1]
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  local id, kind, generation = clear_text(entry)
  if id == own_id then return 'appended' end
  if kind == 'end' then
    if generation < own_generation then is_contested = true else has_ended = true end
  end
  newest = math.max(newest, generation)
  bytes = bytes + #entry
end
if has_ended then return 'ended' end
if is_contested or newest > own_generation then return 'undecided' end
if now >= tonumber(ARGV[2]) then return 'expired' end
if bytes > tonumber(ARGV[5]) then return 'full' end
redis.call('RPUSH', KEYS[2], ARGV[1])
local lives = math.max(
  tonumber(ARGV[3]) - now, tonumber(ARGV[4]), redis.call('PTTL', KEYS[1]), redis.call('PTTL', KEYS[2]))
redis.call('PEXPIRE', KEYS[2], string.format('%.0f', lives))
return 'appended'
`;

/**
 * Reads backup and journal.
 *
 * Keys: backup, journal. Arguments: none. Reply: an array of [version, sealed record], both nil if there is no backup, and the
 * array of the journal's entries.
 */
export const READ = `
return {redis.call('HMGET', KEYS[1], 'version', 'record'), redis.call('LRANGE', KEYS[2], 0, -1)}
`;

/**
 * Reads the members that are noted as pending, lowest score first.
 *
 * Keys: a sorted set. Arguments: first and last rank. Reply: an array of members.
 */
export const PENDING = `
return redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2])
`;

/**
 * Forgets a member that is noted as pending, unless its score is after the given time.
 *
 * Keys: a sorted set. Arguments: member, time. Reply: `forgotten` or `kept`.
 */
export const SETTLE = `
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) > tonumber(ARGV[2]) then return 'kept' end
redis.call('ZREM', KEYS[1], ARGV[1])
return 'forgotten'
`;
