package vestry.declare.initialization_test

import data.vestry.declare.runtime

# What it is set with here, whatever data.yaml says.
settings := {"allowed": ["on-demand", "provisioned-concurrency"]}

denied(document) := said if {
	said := runtime.deny_initialization with input as document
		with data.vestry.config.initialization as settings
}

function(type) := {"function": {"initialization_type": type}}

test_the_allowed_types_pass if {
	count(denied(function("on-demand"))) == 0
	count(denied(function("provisioned-concurrency"))) == 0
}

test_snapstart_is_refused if {
	some denial in denied(function("snap-start"))
	denial.id == "initialization"
	contains(denial.msg, "initialized by snap-start; configure it for one of on-demand, provisioned-concurrency")
}

test_a_type_that_nobody_knows_is_refused if {
	count(denied(function(""))) == 1
	count(denied(function("On-Demand"))) == 1
}

test_outside_lambda_there_is_none if {
	count(denied(function(null))) == 0
}

test_text_instead_of_a_list_is_refused if {
	some denial in runtime.deny with input as function("on-demand")
		with data.vestry.config.initialization as {"allowed": "on-demand"}
	contains(denial.msg, "allowed has to be a list of text, not empty")
}
