package vestry.declare

allowed := 1

allowed contains 2

f(x) := x

f(x, y) := x + y

default limit := 1

default limit := 2

a.b := 1

a := {"c": 2}

p[x] := 1 if some x in ["y"]

p := 2

default computed := input.stage

deny contains "x" if {
	count(allowed) + f(1) + limit + a.b + p + computed > 0
}
