package vestry.declare.forbidden_variables_test

import data.vestry.declare.forbidden_variables

test_other_variables_pass if {
	count(forbidden_variables.deny) == 0 with input as {"variables": ["PATH", "LOG_LEVEL", "AWS_REGION"]}
}

test_a_forbidden_variable_is_refused_by_its_name if {
	some denial in forbidden_variables.deny with input as {"variables": ["PATH", "SSLKEYLOGFILE"]}
	denial.id == "forbidden-variables"
	denial.variable == "SSLKEYLOGFILE"
}

test_a_pattern_stands_for_many if {
	count(forbidden_variables.deny) == 2 with input as {"variables": ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM", "A"]}
		with data.vestry.config.forbidden_variables.names as ["AWS_ENDPOINT_URL*"]
}

test_missing_configuration_is_refused if {
	count(forbidden_variables.deny) == 1 with input as {"variables": []}
		with data.vestry.config.forbidden_variables as {"name": []}
}
