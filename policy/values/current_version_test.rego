package vestry.resolve.current_version_test

import data.vestry.resolve.values

delivered(name, stages) := {"function": {"name": null}, "references": [{
	"variable": "V",
	"store": "secretsmanager",
	"name": name,
	"version": "0f0c9e1a",
	"stages": stages,
	"found": true,
}]}

test_the_current_version_passes if {
	count(values.deny_current_version) == 0 with input as delivered("prod/db", ["AWSCURRENT"])
	count(values.deny_current_version) == 0 with input as delivered("prod/db", ["AWSPENDING", "AWSCURRENT"])
}

test_a_replaced_version_is_refused if {
	some denial in values.deny_current_version with input as delivered("prod/db", ["AWSPREVIOUS"])
	denial.id == "current-version"
	denial.variable == "V"
	contains(denial.msg, "version 0f0c9e1a of prod/db carries none of the stages AWSCURRENT")
}

test_a_version_without_any_stage_is_refused if {
	count(values.deny_current_version) == 1 with input as delivered("prod/db", [])
}

test_elsewhere_it_passes if {
	count(values.deny_current_version) == 0 with input as delivered("dev/db", ["AWSPREVIOUS"])
}

test_parameters_have_no_stages if {
	parameter := {"store": "ssm", "name": "/prod/db", "stages": [], "found": true}
	count(values.deny_current_version) == 0 with input as {"function": {"name": null}, "references": [parameter]}
}

test_what_is_missing_has_none if {
	missing := {"store": "secretsmanager", "name": "prod/db", "stages": [], "found": false}
	count(values.deny_current_version) == 0 with input as {"function": {"name": null}, "references": [missing]}
}

test_missing_configuration_is_refused if {
	count(values.deny) == 1 with input as delivered("prod/db", ["AWSCURRENT"])
		with data.vestry.config.current_version as null
}
