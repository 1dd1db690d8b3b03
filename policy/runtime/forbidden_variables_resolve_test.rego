package vestry.resolve.forbidden_variables_test

import data.vestry.resolve.runtime

# What it is set with here, whatever data.yaml says.
settings := {"names": ["LD_AUDIT", "LD_PRELOAD", "SSLKEYLOGFILE"]}

denied(document) := said if {
	said := runtime.deny_forbidden_variables with input as document
		with data.vestry.config.forbidden_variables as settings
}

# One for each variable that came of a declaration: of a tree here.
came_of_a_tree(names) := {"variables": [], "references": [{"variable": name, "name": "/prod/app/x", "found": true} |
	some name in names
]}

test_other_names_pass if {
	count(denied(came_of_a_tree(["DB_PASSWORD", "LD_PRELOADS", "ld_preload"]))) == 0
}

test_a_forbidden_name_from_a_store_is_refused if {
	some denial in denied(came_of_a_tree(["DB_PASSWORD", "LD_PRELOAD"]))
	denial.id == "forbidden-variables"
	denial.variable == "LD_PRELOAD"
	contains(denial.msg, "rename or remove what it comes of")
}

test_each_name_is_refused_once if {
	count(denied(came_of_a_tree(["LD_AUDIT", "LD_AUDIT", "SSLKEYLOGFILE"]))) == 2
}

test_a_part_of_another_value_is_no_variable if {
	count(runtime.deny_forbidden_variables) == 0 with input as came_of_a_tree([null])
		with data.vestry.config.forbidden_variables.names as ["*"]
}

test_missing_configuration_is_refused if {
	count(runtime.deny) == 1 with input as came_of_a_tree([]) with data.vestry.config.forbidden_variables as null
}
