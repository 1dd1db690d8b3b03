package vestry.declare.stage_path_test

import data.vestry.declare.naming

# What it is set with here, whatever data.yaml says.
settings := {"stages": ["dev", "test", "staging", "prod"]}

denied(document) := said if {
	said := naming.deny_stage_path with input as document
		with data.vestry.config.stage_path as settings
}

function(name, references) := {"function": {"name": name}, "references": references}

reference(name) := {"variable": "PASSWORD", "store": "ssm", "name": name}

test_a_name_with_the_stage_of_the_function_passes if {
	count(denied(function("orders-prod", [reference("/prod/db"), reference("prod/stripe")]))) == 0
}

test_the_stage_may_be_any_part if {
	count(denied(function("orders", [reference("/team/prod/db")]))) == 0
}

test_a_tree_has_a_stage_too if {
	count(denied(function("orders", [reference("/prod/*")]))) == 0
	count(denied(function("orders", [reference("/*")]))) == 1
}

test_a_name_without_a_stage_is_refused_with_its_variable if {
	some denial in denied(function("orders-prod", [reference("/db/password")]))
	denial.id == "stage-path"
	denial.variable == "PASSWORD"
	contains(denial.msg, "/db/password carries no stage")
	endswith(denial.msg, "such as /prod/db/password")
}

test_a_stage_has_to_be_a_whole_part if {
	count(denied(function("orders", [reference("/production/db")]))) == 1
}

test_another_stage_than_the_functions_is_refused if {
	some denial in denied(function("orders_dev", [reference("/prod/db")]))
	contains(denial.msg, "belongs to prod and the function orders_dev to dev")
}

test_two_stages_in_one_function_are_refused if {
	count(denied(function("orders", [reference("/prod/db"), reference("/dev/db")]))) == 1
}

test_a_function_without_a_name_is_judged_by_its_references if {
	count(denied(function(null, [reference("/prod/db")]))) == 0
	some denial in denied(function(null, [reference("/db")]))
	endswith(denial.msg, "such as /dev/db/password")
}

test_missing_configuration_is_refused if {
	count(naming.deny) == 1 with input as function("orders", [])
		with data.vestry.config.stage_path as null
}

test_empty_configuration_is_refused if {
	count(naming.deny) > 0 with input as function("orders", [])
		with data.vestry.config.stage_path as {"stages": []}
}
