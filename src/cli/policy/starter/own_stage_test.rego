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
	count(own_stage.deny) == 1 with input as declared(null, "/prod/db/password")
}

test_a_name_without_a_stage_passes if {
	count(own_stage.deny) == 0 with input as declared("orders-dev", "/shared/flags")
}

test_missing_configuration_is_refused if {
	some denial in own_stage.deny with input as declared("orders-prod", "/prod/db/password")
		with data.vestry.config.own_stage as {}
	contains(denial.msg, "is missing")
}
