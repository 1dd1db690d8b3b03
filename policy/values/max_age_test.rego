package vestry.resolve.max_age_test

import data.vestry.resolve.values

changed(name, last_modified) := {
	"now_ns": time.parse_rfc3339_ns("2026-11-22T12:00:00Z"),
	"references": [{"variable": "V", "name": name, "last_modified": last_modified, "found": true}],
}

test_a_young_value_passes if {
	count(values.deny_max_age) == 0 with input as changed("/prod/db", "2026-11-01T12:00:00Z")
}

test_the_last_day_passes_and_the_next_does_not if {
	count(values.deny_max_age) == 0 with input as changed("/prod/db", "2025-11-22T12:00:00Z")
	count(values.deny_max_age) == 1 with input as changed("/prod/db", "2025-11-21T11:59:59Z")
}

test_an_old_value_is_refused_with_its_age if {
	some denial in values.deny_max_age with input as changed("/prod/db", "2024-11-22T12:00:00.123Z")
	denial.id == "max-age"
	denial.variable == "V"
	contains(denial.msg, "/prod/db was last changed 729 days ago, 365 are allowed")
}

test_an_unknown_age_is_refused if {
	count(values.deny_max_age) == 1 with input as changed("/prod/db", null)
}

test_exempt_names_may_be_older if {
	count(values.deny_max_age) == 0 with input as changed("/aws/service/ami/x", "2014-11-22T12:00:00Z")
	count(values.deny_max_age) == 0 with input as changed("/aws/service/ami/x", null)
}

test_what_is_missing_has_no_age if {
	missing := {"variable": "V", "name": "/prod/x", "last_modified": null, "found": false}
	count(values.deny_max_age) == 0 with input as {"now_ns": 1, "references": [missing]}
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
