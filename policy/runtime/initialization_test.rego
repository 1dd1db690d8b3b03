package vestry.declare.initialization_test

import data.vestry.declare.runtime

function(type) := {"function": {"initialization_type": type}}

test_the_allowed_types_pass if {
	count(runtime.deny_initialization) == 0 with input as function("on-demand")
	count(runtime.deny_initialization) == 0 with input as function("provisioned-concurrency")
}

test_snapstart_is_refused if {
	some denial in runtime.deny_initialization with input as function("snap-start")
	denial.id == "initialization"
	contains(denial.msg, "initialized by snap-start; configure it for one of on-demand, provisioned-concurrency")
}

test_a_type_that_nobody_knows_is_refused if {
	count(runtime.deny_initialization) == 1 with input as function("")
	count(runtime.deny_initialization) == 1 with input as function("On-Demand")
}

test_outside_lambda_there_is_none if {
	count(runtime.deny_initialization) == 0 with input as function(null)
}

test_text_instead_of_a_list_is_refused if {
	some denial in runtime.deny with input as function("on-demand")
		with data.vestry.config.initialization as {"allowed": "on-demand"}
	contains(denial.msg, "allowed has to be a list of text, not empty")
}
