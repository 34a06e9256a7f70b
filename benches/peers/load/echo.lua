-- The same, for a POST of 100 KB.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "get.lua")

wrk.method = "POST"
wrk.body = string.rep("x", 102400)
wrk.headers["Content-Type"] = "application/octet-stream"
