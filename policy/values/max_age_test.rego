package vestry.resolve.max_age_test

import data.vestry.resolve.values

# What it is set with here, whatever data.yaml says.
settings := {"days": 365, "exempt": ["/aws/service/**"]}

denied(document) := said if {
	said := values.deny_max_age with input as document
		with data.vestry.config.max_age as settings
}

changed(name, last_modified) := {
	"now_ns": time.parse_rfc3339_ns("2026-11-22T12:00:00Z"),
	"references": [{"variable": "V", "name": name, "last_modified": last_modified, "found": true}],
}

test_a_young_value_passes if {
	count(denied(changed("/prod/db", "2026-11-01T12:00:00Z"))) == 0
}

test_the_last_day_passes_and_the_next_does_not if {
	count(denied(changed("/prod/db", "2025-11-22T12:00:00Z"))) == 0
	count(denied(changed("/prod/db", "2025-11-21T11:59:59Z"))) == 1
}

test_an_old_value_is_refused_with_its_age if {
	some denial in denied(changed("/prod/db", "2024-11-22T12:00:00.123Z"))
	denial.id == "max-age"
	denial.variable == "V"
	contains(denial.msg, "/prod/db was last changed 729 days ago, 365 are allowed")
}

test_an_unknown_age_is_refused if {
	count(denied(changed("/prod/db", null))) == 1
}

test_exempt_names_may_be_older if {
	count(denied(changed("/aws/service/ami/x", "2014-11-22T12:00:00Z"))) == 0
	count(denied(changed("/aws/service/ami/x", null))) == 0
}

test_what_is_missing_has_no_age if {
	missing := {"variable": "V", "name": "/prod/x", "last_modified": null, "found": false}
	count(denied({"now_ns": 1, "references": [missing]})) == 0
}

test_missing_configuration_is_refused if {
	count(values.deny) == 1 with input as changed("/prod/db", "2026-11-01T12:00:00Z")
		with data.vestry.config.max_age.days as null
}

test_a_number_written_as_text_is_refused if {
	some denial in values.deny with input as changed("/prod/db", "2026-11-01T12:00:00Z")
		with data.vestry.config.max_age as {"days": "365", "exempt": []}
	contains(denial.msg, "days has to be a number of days")
}
