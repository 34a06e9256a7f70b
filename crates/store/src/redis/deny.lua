-- KEYS: denials. ARGV: of each, its mark, both times, and how long to keep it.
for at = 1, #ARGV, 4 do
  deny(ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]))
end
