package vestry.declare.pinned_test

import data.vestry.declare.values

# What it is set with here, whatever data.yaml says.
settings := {"exempt": ["/aws/service/**"]}

warned(document) := said if {
	said := values.warn_pinned with input as document
		with data.vestry.config.pinned as settings
		with data.vestry.config.production.names as ["prod", "live"]
}

asked(store, name, selector) := {"function": {"name": null}, "references": [{
	"variable": "V",
	"store": store,
	"name": name,
	"selector": selector,
}]}

test_the_newest_and_a_label_pass if {
	count(warned(asked("ssm", "/prod/db", null))) == 0
	count(warned(asked("ssm", "/prod/db", {"label": "live"}))) == 0
}

test_a_number_in_production_is_warned_of if {
	some warning in warned(asked("ssm", "/prod/db", {"version": "3"}))
	warning.id == "pinned"
	warning.variable == "V"
	contains(warning.msg, "/prod/db is pinned to version 3")
}

test_elsewhere_it_passes if {
	count(warned(asked("ssm", "/dev/db", {"version": "3"}))) == 0
}

test_secrets_are_judged_by_their_stages if {
	count(warned(asked("secretsmanager", "prod/db", {"version": "0f0c9e1a"}))) == 0
}

test_exempt_names_may_be_pinned if {
	count(warned(asked("ssm", "/aws/service/prod/x", {"version": "3"}))) == 0
}

test_missing_configuration_is_refused if {
	count(values.deny) == 1 with input as asked("ssm", "/dev/db", null) with data.vestry.config.pinned as null
}
