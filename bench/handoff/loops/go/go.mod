module moor.example/handoffs

go 1.23

require moor.example/moor v0.0.0

replace moor.example/moor => ../../../../sdk/go
