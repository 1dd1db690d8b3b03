package vestry.declare.forbidden_variables_test

import data.vestry.declare.runtime

# What it is set with here, whatever data.yaml says.
settings := {"names": ["NODE_TLS_REJECT_UNAUTHORIZED", "SSLKEYLOGFILE"]}

denied(document) := said if {
	said := runtime.deny_forbidden_variables with input as document
		with data.vestry.config.forbidden_variables as settings
}

test_other_variables_pass if {
	count(denied({"variables": ["PATH", "LOG_LEVEL", "AWS_REGION"]})) == 0
}

test_a_forbidden_variable_is_refused_by_its_name if {
	some denial in denied({"variables": ["PATH", "SSLKEYLOGFILE"]})
	denial.id == "forbidden-variables"
	denial.variable == "SSLKEYLOGFILE"
}

test_a_pattern_stands_for_many if {
	count(runtime.deny_forbidden_variables) == 2 with input as {"variables": ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM", "A"]}
		with data.vestry.config.forbidden_variables.names as ["AWS_ENDPOINT_URL*"]
}

test_a_reference_sets_its_variable_as_well if {
	asked := {"variables": ["PATH"], "references": [{"variable": "DB_PASSWORD"}, {"variable": "NODE_TLS_REJECT_UNAUTHORIZED"}]}
	{[denial.id, denial.variable] | some denial in denied(asked)} == {["forbidden-variables", "NODE_TLS_REJECT_UNAUTHORIZED"]}
}

test_what_has_no_name_yet_is_judged_at_resolve if {
	count(runtime.deny_forbidden_variables) == 0 with input as {"variables": [], "references": [{"variable": null}]}
		with data.vestry.config.forbidden_variables.names as ["*"]
}

test_missing_configuration_is_refused if {
	count(runtime.deny) == 1 with input as {"variables": []}
		with data.vestry.config.forbidden_variables as null
}
