package vestry.declare.own_stage_test

import data.vestry.declare.own_stage

declared(function, secret) := {
	"function": {"name": function},
	"references": [{"variable": "DB_PASSWORD", "name": secret}],
}

test_the_own_stage_passes if {
	count(own_stage.deny) == 0 with input as declared("orders-prod", "/prod/db/password")
}

test_another_stage_is_refused if {
	some denial in own_stage.deny with input as declared("orders-dev", "/prod/db/password")
	denial.id == "own-stage"
	denial.variable == "DB_PASSWORD"
	contains(denial.msg, "/prod/db/password is of stage prod, the function orders-dev is not")
}

test_a_function_without_a_stage_is_refused if {
	some denial in own_stage.deny with input as declared("orders", "/prod/db/password")
	contains(denial.msg, "is of stage prod, the function orders is not")
}

test_a_function_whose_name_is_not_known_is_refused if {
	some denial in own_stage.deny with input as declared(null, "/prod/db/password")
	contains(denial.msg, "is of stage prod, a function whose name is not known is not")
}

test_a_name_without_a_stage_passes if {
	count(own_stage.deny) == 0 with input as declared("orders-dev", "/shared/flags")
}

test_missing_configuration_is_refused if {
	some denial in own_stage.deny with input as declared("orders-prod", "/prod/db/password")
		with data.own_stage as {}
	contains(denial.msg, "is missing")
}
