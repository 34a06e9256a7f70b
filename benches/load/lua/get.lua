-- Tells the result of a wrk run as one line of JSON. Times are in microseconds.

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\nresult {"requests":%d,"duration":%d,"bytes":%d,"p50":%d,"p99":%d,"p999":%d,' ..
      '"failed":%d,"status_errors":%d}\n',
      summary.requests, summary.duration, summary.bytes,
      latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
      errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
