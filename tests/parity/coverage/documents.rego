package documents

import data.base
import data.base.deep as far
import data.base.mode
import input.where as place

same_as if {
	data.base.mode == "lax"
	count(data.base.list) == 2
}

holds if {
	data.base.mode == "strict"
	count(data.base.list) == 3
}

missing if {
	count(data.base.list) == 2
	data.base.nowhere == "x"
	data.base.flag
}

not_there if {
	count(data.base.list) == 2
	count(data.base.nowhere) == 2
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
	data.documents.limit == 4
}

of_package if {
	count(base.list) == 2
	data.documents.limit
	data.documents.nothing == 3
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
