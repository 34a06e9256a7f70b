-- KEYS: attempts. ARGV: now in microseconds, and of each its burst and its period. Gives 0, or how
-- many microseconds to wait.
local now, wait, taken = tonumber(ARGV[1]), 0, {}
for at = 1, #KEYS do
  local burst, period = tonumber(ARGV[at * 2]), tonumber(ARGV[at * 2 + 1])
  if burst == 0 then
    wait = math.max(wait, period, 1)
  else
    -- Further away than that it never is, but if a clock was wrong.
    local arrival = taken[KEYS[at]] or tonumber(redis.call('HGET', KEYS[at], 'arrival') or 0)
    arrival = math.min(math.max(arrival, now), now + period)
    local next = arrival + math.max(math.floor(period / burst), 1)
    wait = math.max(wait, next - now - period)
    taken[KEYS[at]] = next
  end
end
if wait > 0 then
  return text(wait)
end
for key, next in pairs(taken) do
  redis.call('HSET', key, 'arrival', text(next))
  keep(key, math.ceil((next - now) / 1000) + 60000)
end
return '0'
