package vestry.declare

deny contains "comprehension" if {
	names := [name | some ref in input.references; ref.optional]
	count(names) > 0
}

deny contains "every" if {
	every ref in input.references { ref.name == wanted }
}

deny contains "waits for itself" if {
	some ref in input.references
	names = [name | name = ref.name; names[0] == name]
	count(names) > 0
}

deny contains "object" if {
	{ref.name: size | some ref in input.references} != {}
}

deny contains "nested" if {
	all := [[part | part = parts[_]] | some ref in input.references; parts = split(ref.name, sep)]
	count(all) > 0
}

deny contains "with" if {
	fine with input as document
}

fine if count(input.references) > 0

deny contains "its own collection" if {
	some name in [other | other := input.variables[name]]
	name == "x"
}

deny contains "its own collection, declared before" if {
	ref := "x"
	some _ in [1 | some ref in [other | other := ref]]
	count([own | some own in [own | some own in input.variables]]) > 0
}
