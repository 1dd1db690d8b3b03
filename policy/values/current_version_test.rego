package vestry.resolve.current_version_test

import data.vestry.resolve.values

# What it is set with here, whatever data.yaml says.
settings := {"stages": ["AWSCURRENT"]}

denied(document) := said if {
	said := values.deny_current_version with input as document
		with data.vestry.config.current_version as settings
		with data.vestry.config.production.names as ["prod", "live"]
}

delivered(name, stages) := {"function": {"name": null}, "references": [{
	"variable": "V",
	"store": "secretsmanager",
	"name": name,
	"version": "0f0c9e1a",
	"stages": stages,
	"found": true,
}]}

test_the_current_version_passes if {
	count(denied(delivered("prod/db", ["AWSCURRENT"]))) == 0
	count(denied(delivered("prod/db", ["AWSPENDING", "AWSCURRENT"]))) == 0
}

test_a_replaced_version_is_refused if {
	some denial in denied(delivered("prod/db", ["AWSPREVIOUS"]))
	denial.id == "current-version"
	denial.variable == "V"
	contains(denial.msg, "version 0f0c9e1a of prod/db carries none of the stages AWSCURRENT")
}

test_a_version_without_any_stage_is_refused if {
	count(denied(delivered("prod/db", []))) == 1
}

test_elsewhere_it_passes if {
	count(denied(delivered("dev/db", ["AWSPREVIOUS"]))) == 0
}

test_parameters_have_no_stages if {
	parameter := {"store": "ssm", "name": "/prod/db", "stages": [], "found": true}
	count(denied({"function": {"name": null}, "references": [parameter]})) == 0
}

test_what_is_missing_has_none if {
	missing := {"store": "secretsmanager", "name": "prod/db", "stages": [], "found": false}
	count(denied({"function": {"name": null}, "references": [missing]})) == 0
}

test_missing_configuration_is_refused if {
	count(values.deny) == 1 with input as delivered("prod/db", ["AWSCURRENT"])
		with data.vestry.config.current_version as null
}
