-- KEYS: denials. ARGV: since when, how far back to read again, now in seconds. Gives the time, and
-- a list of mark, before, until.
local time, since = clock(), tonumber(ARGV[1])
-- A clock that was set back says nothing of what has changed since.
local from = time < since and 0 or math.max(0, since - tonumber(ARGV[2]))
local found = {}
for _, mark in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], text(from), '+inf')) do
  local entry = redis.call('HGET', KEYS[1], mark)
  if entry then
    local before, ends = times(entry)
    if ends >= tonumber(ARGV[3]) then
      found[#found + 1] = mark
      found[#found + 1] = text(before)
      found[#found + 1] = text(ends)
    end
  end
end
return { text(time), found }
