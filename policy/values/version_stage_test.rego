package vestry.declare.version_stage_test

import data.vestry.declare.values

function(name, secret, selector) := {
	"function": {"name": name},
	"references": [{"variable": "V", "store": "secretsmanager", "name": secret, "selector": selector}],
}

test_the_current_version_passes if {
	count(values.deny_version_stage) == 0 with input as function("orders-prod", "prod/db", null)
	count(values.deny_version_stage) == 0 with input as function("orders-prod", "prod/db", {"stage": "AWSCURRENT"})
}

test_the_previous_version_is_refused_in_production if {
	some denial in values.deny_version_stage with input as function("orders", "prod/db", {"stage": "AWSPREVIOUS"})
	denial.id == "version-stage"
	denial.variable == "V"
	contains(denial.msg, "prod/db asks for AWSPREVIOUS in production")
}

test_production_is_told_by_the_functions_name_too if {
	count(values.deny_version_stage) == 1 with input as function("orders_live", "db", {"stage": "AWSPENDING"})
}

test_elsewhere_it_passes if {
	count(values.deny_version_stage) == 0 with input as function("orders-dev", "dev/db", {"stage": "AWSPREVIOUS"})
	count(values.deny_version_stage) == 0 with input as function(null, "dev/db", {"stage": "AWSPREVIOUS"})
}

test_a_parameters_selector_has_no_stage if {
	count(values.deny_version_stage) == 0 with input as function("orders-prod", "/prod/db", {"version": "3"})
}

test_missing_configuration_is_refused if {
	count(values.deny) == 1 with input as function("orders", "db", null)
		with data.vestry.config.version_stage.forbidden as null
}
