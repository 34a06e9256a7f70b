-- Sends the tokens of a file in turn, one per request, each in `Authorization`; without a file none.
-- Tells the result as one line of JSON. Times are in microseconds.

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

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\nresult {"requests":%d,"duration":%d,"p50":%d,"p99":%d,"failed":%d,"status_errors":%d}\n',
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
