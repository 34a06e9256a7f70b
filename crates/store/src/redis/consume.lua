-- KEYS: denials, the token, its successor. ARGV: now, how long to keep the token, the successor's
-- hash, how long to keep that, the grace or -1 where an unknown token is as good as a new one, the
-- end of a denial of the session, how long to keep that, its mark, issued, marks of the token.
-- Gives what came of it, and when the token was used.
local now, grace = tonumber(ARGV[1]), tonumber(ARGV[5])
if denied(tonumber(ARGV[9]), unpack(ARGV, 10)) then
  return { 'revoked', '0' }
end
local token = redis.call('HMGET', KEYS[4], 'known', 'used', 'revoked', 'successor')
if token[3] then
  return { 'revoked', '0' }
elseif token[2] and grace < 0 then
  return { 'reused', '0' }
elseif token[2] then
  local next = redis.call('HMGET', KEYS[5], 'known', 'used', 'revoked')
  local is_next = token[4] == ARGV[3] and next[1] and not next[2] and not next[3]
  -- Without a grace not even a use in the same millisecond is forgiven.
  if is_next and grace > 0 and now - tonumber(token[2]) <= grace then
    return { 'replayed', token[2] }
  end
  deny(ARGV[8], 9007199254740991, tonumber(ARGV[6]), tonumber(ARGV[7]))
  return { 'reused', '0' }
elseif not token[1] and grace >= 0 then
  return { 'unknown', '0' }
end
redis.call('HSET', KEYS[4], 'known', '1', 'used', ARGV[1], 'successor', ARGV[3])
keep(KEYS[4], tonumber(ARGV[2]))
redis.call('HSETNX', KEYS[5], 'known', '1')
keep(KEYS[5], tonumber(ARGV[4]))
return { 'fresh', '0' }
