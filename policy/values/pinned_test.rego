package vestry.declare.pinned_test

import data.vestry.declare.values

asked(store, name, selector) := {"function": {"name": null}, "references": [{
	"variable": "V",
	"store": store,
	"name": name,
	"selector": selector,
}]}

test_the_newest_and_a_label_pass if {
	count(values.warn_pinned) == 0 with input as asked("ssm", "/prod/db", null)
	count(values.warn_pinned) == 0 with input as asked("ssm", "/prod/db", {"label": "live"})
}

test_a_number_in_production_is_warned_of if {
	some warning in values.warn_pinned with input as asked("ssm", "/prod/db", {"version": "3"})
	warning.id == "pinned"
	warning.variable == "V"
	contains(warning.msg, "/prod/db is pinned to version 3")
}

test_elsewhere_it_passes if {
	count(values.warn_pinned) == 0 with input as asked("ssm", "/dev/db", {"version": "3"})
}

test_secrets_are_judged_by_their_stages if {
	count(values.warn_pinned) == 0 with input as asked("secretsmanager", "prod/db", {"version": "0f0c9e1a"})
}

test_exempt_names_may_be_pinned if {
	count(values.warn_pinned) == 0 with input as asked("ssm", "/aws/service/prod/x", {"version": "3"})
}

test_missing_configuration_is_refused if {
	count(values.deny) == 1 with input as asked("ssm", "/dev/db", null) with data.vestry.config.pinned as null
}
