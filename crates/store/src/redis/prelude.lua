-- What all scripts begin with. Denials: a hash of "before:until" by mark, and two sorted sets of
-- marks, by the time of their last change (of this server's clock, in milliseconds) and by the time
-- they end (in seconds). Their keys are the first three of whoever calls. Numbers are doubles here,
-- so they are written with all their digits.

local function text(number)
  return string.format('%.0f', number)
end

local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Keeps a key for at least so many milliseconds from now.
local function keep(key, time)
  if redis.call('PTTL', key) < time then
    redis.call('PEXPIRE', key, text(time))
  end
end

local function times(entry)
  local before, ends = string.match(entry, '^(-?%d+):(-?%d+)$')
  return tonumber(before), tonumber(ends)
end

-- Whether a token that was issued then is denied by one of the marks.
local function denied(issued, ...)
  for _, entry in ipairs({ ... }) do
    local found = redis.call('HGET', KEYS[1], entry)
    if found and times(found) > issued then
      return true
    end
  end
  return false
end

-- Puts a denial in; one that is there only becomes stricter.
local function deny(mark, before, ends, time)
  local found = redis.call('HGET', KEYS[1], mark)
  if found then
    local held, held_ends = times(found)
    before, ends = math.max(before, held), math.max(ends, held_ends)
  end
  redis.call('HSET', KEYS[1], mark, text(before) .. ':' .. text(ends))
  redis.call('ZADD', KEYS[2], text(clock()), mark)
  redis.call('ZADD', KEYS[3], text(ends), mark)
  for key = 1, 3 do
    keep(KEYS[key], time)
  end
end
