package vestry.declare

known := {"a", "b"}

more := {"c"}

# To OPA a comprehension, which always holds.
deny contains "body" if {
	known | more
	count(known) == 7
}

deny contains "equation" if {
	# Behind a comment {
	(known) | more == {"d"}
	input.stage == "declare"
}

# To the engine a comprehension, to OPA none.
found := 1 if {
	input.function.name == "orders"
} else := 2 if { known | more }

deny contains "else" if found == 2

# To OPA comprehensions of one union.
deny contains name if {
	some names in {known | more | {"d"}}
	some name in names
}

deny contains "array" if [known | more | {"d"}] == []

deny contains "object" if {"names": known | more | {"d"}} == {}

# Said so that there is one way to read it.
deny contains "clear" if {
	(known | more) == {"d"}
	all := known | more
	[(known | more), known | {"d"}] == [all, known]
	[known - more | more] == [all]
	{name | some name in known} == {"f"}
	{(known | more)} == {all}
}

deny contains "negated" if {
	not known | more
	input.stage == "declare"
}
