module moor.example/notebook

go 1.23

require (
	github.com/gorilla/handlers v1.5.2
	github.com/gorilla/sessions v1.4.0
	moor.example/moor v0.1.0
)

require (
	github.com/felixge/httpsnoop v1.0.3 // indirect
	github.com/gorilla/securecookie v1.1.2 // indirect
)

replace moor.example/moor => ../../../sdk/go
