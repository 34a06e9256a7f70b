-- KEYS: the token. ARGV: now, how long to keep it. Gives 1 if it was neither used nor revoked.
local token = redis.call('HMGET', KEYS[1], 'used', 'revoked')
if token[1] or token[2] then
  return 0
end
redis.call('HSET', KEYS[1], 'known', '1', 'revoked', ARGV[1])
keep(KEYS[1], tonumber(ARGV[2]))
return 1
