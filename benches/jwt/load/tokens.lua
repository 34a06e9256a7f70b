-- Sends the tokens of a file in turn, one per request, each in `Authorization`; without a file none.
-- Tells the result as `get.lua` of the load tests does.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "../../load/lua/get.lua")

local requests = {}
local number = 0

function init(arguments)
   if #arguments == 0 then
      requests[1] = wrk.format()
      return
   end
   for token in io.lines(arguments[1]) do
      requests[#requests + 1] = wrk.format(nil, nil, { Authorization = "Bearer " .. token })
   end
end

function request()
   number = number % #requests + 1
   return requests[number]
end
