package inputs_test

import data.inputs

test_all if {
	all with input as {"base": data.base}
}

all if {
	inputs.two
	not inputs.same_as
	not inputs.holds
	not inputs.missing
	not inputs.not_there
	not inputs.by_import
	not inputs.by_whole_import
	not inputs.by_alias
	not inputs.by_place
	not inputs.member
	not inputs.within
	not inputs.begins
	not inputs.by_variable
	not inputs.of_rule
	not inputs.of_package
	not inputs.negated
	inputs.mocked with input.base.mode as "lax"
	not inputs.f("q")
	not inputs.g(1)
	not inputs.value
	count(inputs.head) == 0
	not inputs.local
	not inputs.flagged
	not inputs.element
	not inputs.every_one
	not inputs.other
	not inputs.whole
	not inputs.shadowed_import
	not inputs.split
	not inputs.into_rule
	not inputs.into_function
	not inputs.of_tests
	not inputs.nested
	not inputs.arrays
	not inputs.ordered
	not inputs.ordered_missing
	not inputs.unified
	not inputs.bracket
	not inputs.obj
	count(inputs.comp) == 0
	not inputs.else_rule
}
