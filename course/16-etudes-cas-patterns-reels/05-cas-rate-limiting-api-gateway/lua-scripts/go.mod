module rate-limiting/lua-scripts

go 1.21
