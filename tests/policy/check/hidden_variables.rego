package vestry.declare.hidden_variables

import data.team.index

name contains variable if some variable in input.variables

deny contains sprintf("number %d", [name]) if {
	some name
	input.references[name].store == "ssm"
	index
}

deny contains "none" if {
	found := [index | some index; input.references[index].store == "ssm"]
	count(found) == 0
}

warn contains name if {
	name := input.references[0].name
	every index in input.variables {
		index != name
	}
}

warn contains "in" if {
	some name in input.variables
	name == "TZ"
}
