package vestry.declare

# What is printed stands in a statement of its own, and goes through nothing.
deny contains "a value" if {
	printed := print(input.stage)
	printed
}

deny contains "compared" if print(input.stage) == true

deny contains "goes through" if print(input.references[i].name)

deny contains "a wildcard" if print(input.references[_].name)

deny contains "of a comprehension" if {
	print([reference.name | some reference in input.references])
	some i
	print(input.references[i].name) with input as input
	input.references[i].name == "x"
}

deny contains "nothing" if not print(input.stage)
