-- KEYS: denials. ARGV: now in seconds, how many at most. Gives how many there were.
local ended = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, mark in ipairs(ended) do
  redis.call('HDEL', KEYS[1], mark)
  redis.call('ZREM', KEYS[2], mark)
  redis.call('ZREM', KEYS[3], mark)
end
return #ended
