package vestry.declare.version_stage_test

import data.vestry.declare.values

# What it is set with here, whatever data.yaml says.
settings := {"forbidden": ["AWSPREVIOUS", "AWSPENDING"]}

denied(document) := said if {
	said := values.deny_version_stage with input as document
		with data.vestry.config.version_stage as settings
		with data.vestry.config.production.names as ["prod", "live"]
}

function(name, secret, selector) := {
	"function": {"name": name},
	"references": [{"variable": "V", "store": "secretsmanager", "name": secret, "selector": selector}],
}

test_the_current_version_passes if {
	count(denied(function("orders-prod", "prod/db", null))) == 0
	count(denied(function("orders-prod", "prod/db", {"stage": "AWSCURRENT"}))) == 0
}

test_the_previous_version_is_refused_in_production if {
	some denial in denied(function("orders", "prod/db", {"stage": "AWSPREVIOUS"}))
	denial.id == "version-stage"
	denial.variable == "V"
	contains(denial.msg, "prod/db asks for AWSPREVIOUS in production")
}

test_production_is_told_by_the_functions_name_too if {
	count(denied(function("orders_live", "db", {"stage": "AWSPENDING"}))) == 1
}

test_elsewhere_it_passes if {
	count(denied(function("orders-dev", "dev/db", {"stage": "AWSPREVIOUS"}))) == 0
	count(denied(function(null, "dev/db", {"stage": "AWSPREVIOUS"}))) == 0
}

test_a_parameters_selector_has_no_stage if {
	count(denied(function("orders-prod", "/prod/db", {"version": "3"}))) == 0
}

test_missing_configuration_is_refused if {
	count(values.deny) == 1 with input as function("orders", "db", null)
		with data.vestry.config.version_stage.forbidden as null
}
