# METADATA
# title: what makes rows hard to count
package awkward

import data.idioms

# A body in one row, and several statements in it.
one_row if { input.a == 1; input.b == 2; count(input.c) > 3 }

two_definitions if input.x == "a"

two_definitions if input.x == "b"

same_answer if input.n > 1

same_answer if input.n > 2

other_answer := 1 if input.n > 10

other_answer := 2 if input.n <= 10

comprehension_head := [x |
	some x in input.list
	x > 1
]

set_head := {x | some x in input.list; x > 100}

object_head := {k: v |
	some k, v in input.object
	v != null
}

nested if {
	xs := {y |
		some ys in input.lists
		zs := [z | some z in ys; z > 0]
		some y in zs
		y > 2
	}
	count(xs) > 0
	every x in xs {
		some w in [1, 2, 3]
		w > x
	}
}

with_else(x) := "small" if {
	x < 10
} else := "middle" if {
	x < 100
	x != 50
} else := "large" if x < 1000

else := "huge"

constant(1) := "one"

constant(2) := "two"

constant(_) := "many"

multi(
	a,
	b,
) := c if {
	c := a + b
}

default fallback(_) := "none"

fallback(x) := x if x > 3

default late := {
	"a": 1,
	"b": 2,
}

late := input.late

partial[x] := y if {
	some x
	y := input.object[x]
	y > 1
}

partial.fixed := 3 if input.fixed

deep.a.b := 1 if input.deep

deep.c contains x if some x in input.list

starts if startswith(input.path, "/a")

starts if endswith(input.path, ".b")

member if input.role in {"admin", "owner"}

member if "x" in input.roles

negated if {
	not input.missing
	not input.a == 1
	input.b
}

under_with if {
	one_row with input as {"a": 1, "b": 2, "c": [1, 2, 3, 4]}
	not one_row with input.a as 2
	count(input.c) > 100
}

text := sprintf(
	"%s and %s",
	[
		input.x,
		input.y,
	],
) if {
	input.y
}

raw := `several
lines` if input.a

unify if {
	[a, b] = input.pair
	{"k": k} = input.object_of_k
	a == b
	k
}

unused_helper(x) if {
	x.deep.er
	x.deep.er == 3
}

contains_object contains {"msg": msg, "n": n} if {
	some n in numbers.range(1, 3)
	n > 1 # a comment behind
	msg := concat(" ", ["number", format_int(n, 10)])
}

printed if {
	print("x", input.n)
	input.n == 77
}

membership if {
	1 in input.list
	some i
	input.list[i] == 2
	i > 5
}

set_of := set()

empty := {}

bracket := input["x"]

imported if idioms.const == 3

object_value := {"a": [v | some v in input.list], "b": {
	"c": input.n,
}}

arithmetic := (input.n + 1) * 2

assigned if {
	x := input.n
	x == 5
	y := x + 1; y == 6
	x != y
}

default never_used := false

never_used if input.n == 3

default often_used := "nothing"

often_used := input.no.such

default of_function(_, _) := {
	"a": 1,
}

of_function(x, y) := x if y == 1

else := y if x == 1

default unasked := 1

default constant_default := 2

default unused_function(_) := 3

unused_function([x, _]) := x if x > 1
