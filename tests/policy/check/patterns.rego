package vestry.declare

# With OPA a reference that has these fields and no others, of which there is none.
deny contains name if some {"name": name} in input.references

deny contains name if {
	some reference in input.references
	[{"name": name, "store": _}, 1] = [reference, 1]
}

deny contains name if {
	{"name": name} = input.references[_] with input.delivery as "socket"
}

deny contains name_of({"name": "a", "store": "ssm"})

name_of({"name": name}) := name

# With OPA the two have to be equal.
same(x, x) := true

deny contains "same" if same(1, 2)

# What is written out on both sides is compared part by part; the rest are values.
deny contains x if {
	{"a": x} = {"a": "b"}
	{"a": 1} == {"a": 1}
	object_of(x) = {"a": x}
	y := {"a": x}
	{"a": _} = y
	every z in [1] { {"a": z} == y }
}

object_of(x) := {"a": x}

# The engine finds no keys in a set.
names := {"a", "b"}

deny contains "key" if "a", "a" in names

deny contains "key of the input" if "name", "a" in input.function

# An argument is a name, a value, or a pattern of them.
stage_of([input.stage, x]) := x

stage_of([data.vestry.declare.names, x]) := x

stage_of([count(names), x]) := x

deny contains stage_of(["declare", "x"])

# It would say one thing for each.
deny contains $"{input.variables[_]} is one of several"

deny contains $"{[name | name := input.variables[_]]} are all of them"
