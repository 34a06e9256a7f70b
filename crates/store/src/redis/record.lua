-- KEYS: the token. ARGV: how long to keep it.
redis.call('HSETNX', KEYS[1], 'known', '1')
keep(KEYS[1], tonumber(ARGV[1]))
