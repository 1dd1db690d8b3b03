package vestry.resolve.rotation_test

import data.vestry.resolve.values

# What it is set with here, whatever data.yaml says.
settings := {"days": 90, "exempt": []}

warned(document) := said if {
	said := values.warn_rotation with input as document
		with data.vestry.config.rotation as settings
		with data.vestry.config.production.names as ["prod", "live"]
}

created(name, moment) := {
	"function": {"name": null},
	"now_ns": time.parse_rfc3339_ns("2026-11-22T12:00:00Z"),
	"references": [{"variable": "V", "store": "secretsmanager", "name": name, "created": moment, "found": true}],
}

test_a_rotated_secret_passes if {
	count(warned(created("prod/db", "2026-11-01T12:00:00Z"))) == 0
}

test_the_last_day_passes_and_the_next_does_not if {
	count(warned(created("prod/db", "2026-08-24T12:00:00Z"))) == 0
	count(warned(created("prod/db", "2026-08-23T11:59:59Z"))) == 1
}

test_an_overdue_secret_is_warned_of if {
	some warning in warned(created("prod/db", "2026-07-25T12:00:00Z"))
	warning.id == "rotation"
	warning.variable == "V"
	contains(warning.msg, "prod/db is overdue: this version is 120 days old, and a new one was to come after 90")
}

test_elsewhere_it_passes if {
	count(warned(created("dev/db", "2020-01-01T12:00:00Z"))) == 0
}

test_exempt_names_are_never_overdue if {
	count(values.warn_rotation) == 0 with input as created("prod/root-ca", "2020-01-01T12:00:00Z")
		with data.vestry.config.rotation.exempt as ["prod/root-ca"]
}

test_what_is_missing_has_no_age if {
	count(warned(created("prod/db", null))) == 0
}

test_days_out_of_bounds_are_refused if {
	every days in ["90", 0, -1, 1e9, null] {
		some denial in values.deny with input as created("prod/db", null)
			with data.vestry.config.rotation as {"days": days, "exempt": []}
		contains(denial.msg, "days has to be a number of days, 1 to 36500")
	}
}
