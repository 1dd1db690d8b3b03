package idioms

default allow := false

allow if {
	input.x == 1
	input.y > 2
}

allow if input.x == 2

level := "a" if {
	input.x > 10
} else := "b" if {
	input.x > 5
	input.y == 1
} else := "c"

f(x) := "one" if x == 1

f(x) := y if {
	x != 1
	y := sprintf("%v",
		[x])
}

s contains x if {
	some x in input.list
	x > 1
	every y in [1, 2] {
		y > 0
		y < 100
	}
}

t contains {
	"a": x,
	"b": 1,
} if {
	some i, x in input.list
	i == 0; x > 0
	z := [e |
		some e in input.list
		e > 100
		e < 3
	]
	count(z) == 0
}

m[k] := v if {
	some k, v in input.obj
	not v == 3
}

unused if {
	input.q
	input.r == "x"
}

const := 3

obj := {
	"a": 1,
	"b": input.x,
}

helper(x) if {
	x.a == 1
	x.b in {1, 2}
}

w if {
	allow with input.x as 1
		with input.y as 4
}
