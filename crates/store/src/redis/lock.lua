-- KEYS: the attempts. ARGV: until when, and how long to keep it beyond.
local ends = tonumber(ARGV[1])
local held = tonumber(redis.call('HGET', KEYS[1], 'locked') or 0)
redis.call('HSET', KEYS[1], 'locked', text(math.max(ends, held)))
keep(KEYS[1], math.max(0, ends - clock()) + tonumber(ARGV[2]))
