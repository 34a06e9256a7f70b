-- Uses the refresh tokens of a file up, each once; the one that an answer brings is used later, so
-- that it never ends. Tells the result as `get.lua` of the load tests does.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "../../load/lua/get.lua")

local tokens = {}
local first, last = 1, 0
local fields = { ["Content-Type"] = "application/json" }

local function put(token)
   last = last + 1
   tokens[last] = token
end

function init(arguments)
   for token in io.lines(arguments[1]) do
      put(token)
   end
end

function request()
   -- Where all are on their way, an empty one is refused, which counts as an error.
   local token = tokens[first] or ""
   if first <= last then
      tokens[first] = nil
      first = first + 1
   end
   return wrk.format("POST", nil, fields, '{"refresh":"' .. token .. '"}')
end

function response(status, _, body)
   local token = status == 200 and body:match('"refresh"%s*:%s*"([^"]+)"')
   if token then
      put(token)
   end
end
