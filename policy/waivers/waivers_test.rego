package vestry.declare.waivers_test

import data.vestry.declare.waivers

waiver := {
	"rule": "stage_path",
	"function": "legacy-*",
	"owner": "payments@example.com",
	"reason": "the vendor renews its key in December",
	"expires": "2026-12-31",
}

# As the decision log shows it.
passed_on := {exempt |
	some rule in ["deny_stage_path", "violation_stage_path", "warn_stage_path"]
	exempt := {
		"rule": rule,
		"function": "legacy-import",
		"owner": "payments@example.com",
		"reason": "the vendor renews its key in December",
		"expires": "2026-12-31",
	}
}

function(name) := {
	"function": {"name": name},
	"references": [{"variable": "V", "name": "/db"}],
	"now": "2026-11-22T12:00:00Z",
	"now_ns": time.parse_rfc3339_ns("2026-11-22T12:00:00Z"),
}

# What is wrong with a waiver is said, and it waives nothing.
refuses(wrong, why) if {
	count(data.vestry.declare.naming.exception) == 0 with input as function("legacy-import") with data.waivers as [wrong]
	some warning in waivers.warn_waivers with input as function("legacy-import") with data.waivers as [wrong]
	contains(warning.msg, why)
}

test_a_waiver_exempts_names if {
	data.vestry.declare.naming.exception == passed_on with input as function("legacy-import") with data.waivers as [waiver]
}

test_a_waiver_exempts_what_runs if {
	data.vestry.declare.runtime.exception == passed_on with input as function("legacy-import") with data.waivers as [waiver]
}

test_a_waiver_exempts_stores_before_they_are_asked if {
	data.vestry.declare.stores.exception == passed_on with input as function("legacy-import") with data.waivers as [waiver]
}

test_a_waiver_exempts_what_stores_name if {
	data.vestry.resolve.runtime.exception == passed_on with input as function("legacy-import") with data.waivers as [waiver]
}

test_a_waiver_exempts_stores if {
	data.vestry.resolve.stores.exception == passed_on with input as function("legacy-import") with data.waivers as [waiver]
}

test_a_waiver_exempts_values if {
	data.vestry.declare.values.exception == passed_on with input as function("legacy-import") with data.waivers as [waiver]
}

test_a_waiver_exempts_resolved_values if {
	data.vestry.resolve.values.exception == passed_on with input as function("legacy-import") with data.waivers as [waiver]
}

test_a_waiver_in_use_is_a_warning if {
	some warning in waivers.warn_waivers with input as function("legacy-import") with data.waivers as [waiver]
	warning.owner == "payments@example.com"
	contains(warning.msg, "stage_path is waived for legacy-import until 2026-12-31, asked by payments@example.com: the")
}

test_other_functions_are_not_concerned if {
	every name in ["orders-prod", null] {
		count(data.vestry.declare.naming.exception) == 0 with input as function(name) with data.waivers as [waiver]
		count(waivers.warn_waivers) == 0 with input as function(name) with data.waivers as [waiver]
	}
}

test_the_day_it_expires_on_is_the_first_without_it if {
	tomorrow := object.union(waiver, {"expires": "2026-11-23"})
	count(data.vestry.declare.naming.exception) == 3 with input as function("legacy-import") with data.waivers as [tomorrow]
	refuses(object.union(waiver, {"expires": "2026-11-22"}), "waives nothing: it expired on 2026-11-22")
}

test_a_waiver_ends_within_the_days_that_are_allowed if {
	longest := object.union(waiver, {"expires": "2027-02-20"})
	count(data.vestry.declare.naming.exception) == 3 with input as function("legacy-import") with data.waivers as [longest]
	longer := object.union(waiver, {"expires": "2027-02-21"})
	refuses(longer, "it ends on 2027-02-21, and may end on 2027-02-20 at the latest")
}

test_every_field_is_needed if {
	every field in ["function", "owner", "reason", "rule"] {
		refuses(json.remove(waiver, [field]), sprintf("it has no %s", [field]))
		refuses(object.union(waiver, {field: " "}), sprintf("it has no %s", [field]))
	}
	refuses(json.remove(waiver, ["expires"]), "it has no expires")
	refuses("stage_path", "a waiver of a rule that it does not name waives nothing: it has no expires, function, owner")
}

test_an_end_that_is_no_day_is_refused if {
	every wrong in ["soon", "2026-13-01", "31.12.2026", "2026-12-31T00:00:00Z", "9999-12-31"] {
		refuses(object.union(waiver, {"expires": wrong}), "its expires is no day")
	}
}

test_waivers_of_another_shape_are_refused if {
	some denial in waivers.deny with input as function("legacy-import") with data.waivers as "stage_path"
	contains(denial.msg, "data.waivers has to be a list")
	count(data.vestry.declare.naming.exception) == 0 with input as function("legacy-import") with data.waivers as "stage_path"
}

test_without_a_limit_nothing_passes if {
	every wrong in [null, "90", 1e12] {
		some denial in waivers.deny with input as function("legacy-import")
			with data.waivers as [waiver]
			with data.vestry.config.waivers.max_days as wrong
		contains(denial.msg, "max_days has to be a number of days")
	}
}
