-- KEYS: denials, the token. ARGV: issued, marks of the token.
if denied(tonumber(ARGV[1]), unpack(ARGV, 2)) then
  return 'revoked'
end
local token = redis.call('HMGET', KEYS[4], 'known', 'used', 'revoked')
if token[3] then
  return 'revoked'
elseif token[2] then
  return 'used'
elseif token[1] then
  return 'live'
end
return 'unknown'
