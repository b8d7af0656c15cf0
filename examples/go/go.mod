module moor.example/shop

go 1.23

require moor.example/moor v0.1.0

replace moor.example/moor => ../../sdk/go
