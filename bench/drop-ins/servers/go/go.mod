module moor.example/bench

go 1.23

require (
	github.com/boj/redistore v1.4.1
	github.com/gorilla/sessions v1.4.0
	moor.example/moor v0.0.0
)

require (
	github.com/gomodule/redigo v1.9.2 // indirect
	github.com/gorilla/securecookie v1.1.2 // indirect
)

replace moor.example/moor => ../../../../sdk/go
