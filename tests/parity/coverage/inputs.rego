package inputs

import data.base.list

import input.base
import input.base.deep as far
import input.base.mode
import input.where as place

same_as if {
	input.base.mode == "lax"
	count(input.base.list) == 2
}

holds if {
	input.base.mode == "strict"
	count(input.base.list) == 3
}

missing if {
	count(input.base.list) == 2
	input.base.nowhere == "x"
	input.base.flag
}

not_there if {
	count(input.base.list) == 2
	count(input.base.nowhere) == 2
}

by_import if {
	count(base.list) == 2
	base.mode == "lax"
}

by_whole_import if {
	count(base.list) == 2
	mode == "lax"
}

by_alias if {
	count(base.list) == 2
	far.x.y == "q"
}

by_place if {
	count(base.list) == 2
	place.city == "q"
}

member if {
	count(base.list) == 2
	base.mode in ["lax", "none"]
}

within if {
	count(base.list) == 2
	"q" in base.list
}

begins if {
	count(base.list) == 2
	startswith(base.mode, "l")
}

by_variable if {
	count(base.list) == 2
	is := base.mode
	is == "lax"
}

of_rule if {
	count(base.list) == 2
	data.inputs.limit == 4
}

of_package if {
	count(base.list) == 2
	data.inputs.limit
	data.inputs.nothing == 3
}

limit := 3

negated if {
	count(base.list) == 2
	not base.mode == "strict"
}

mocked if {
	count(base.list) == 2
	base.mode == "lax"
}

f(x) := 1 if {
	count(base.list) == 2
	base.mode == x
}

g(x) := base.n if {
	x == 1
	base.flag == false
}

value := base.nowhere

head contains base.nowhere

head contains base.mode if base.n == 2

local if {
	mode := "q"
	mode == "lax"
}

flagged if {
	count(base.list) == 2
	base.flag == false
}

element if {
	count(base.list) == 2
	base.list[0] == "q"
}

every_one if {
	count(base.list) == 2
	every x in base.list { x == "q" }
	base.n == 2
}

two if base.mode == "strict"

two if base.mode == "strict2"

default other := false

other if {
	count(base.list) == 2
	base.deep.x.y == "q"
}

whole if {
	count(base.list) == 2
	base == {"a": 1}
}

shadowed_import if {
	list := "q"
	list == "r"
}

split if {
	count(base.list) == 2
	data.other.thing == 4
}

into_rule if {
	count(base.list) == 2
	data.documents.value.x == 4
}

into_function if {
	count(base.list) == 2
	data.base.list[1] == "q"
	base.list[1] == "b"
}

of_tests if {
	count(base.list) == 2
	data.documents_test.q == 4
}

nested if {
	count([x | x := base.nowhere]) == 0
	base.n == 2
}

arrays if {
	[base.n, 2] == [3, 2]
}

ordered if {
	count(base.list) == 2
	base.n > 4
}

ordered_missing if {
	count(base.list) == 2
	base.nothere > 4
}

unified if {
	count(base.list) == 2
	x = base.n
	x == 3
	[y, _] = base.list
	y == "q"
}

bracket if {
	count(base.list) == 2
	base.n == 3
	data.base.mode == "q"
}

obj := {"a": base.nothere}

comp := [x | some x in base.nothere]

else_rule := 1 if {
	base.n == 3
} else := 2 if {
	count(base.list) == 3
	data.base.n == 1
} else := 3 if {
	data.base.n == 5
}
