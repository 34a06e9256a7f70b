-- KEYS: the attempts. ARGV: now, the window. Each failure renews the window.
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local ends = tonumber(redis.call('HGET', KEYS[1], 'ends') or 0)
if ends <= now then
  redis.call('HSET', KEYS[1], 'failures', '0')
end
local count = redis.call('HINCRBY', KEYS[1], 'failures', 1)
redis.call('HSET', KEYS[1], 'ends', text(now + window))
keep(KEYS[1], window + 60000)
return count
