package vestry.declare.waivers_test

import data.vestry.declare.waivers

waiver := {
	"rule": "stage_path",
	"function": "legacy-*",
	"owner": "payments@example.com",
	"reason": "the vendor renews its key in December",
	"expires": "2026-12-31",
}

# What is set here, whatever data.yaml says.
config := {
	"production": {"names": ["prod"]},
	"stage_path": {"stages": ["prod"]},
	"pinned": {"exempt": []},
	"waivers": {"max_days": 90},
}

# As Vestry gets it: for one function, of the rules that it names.
passed_on(given, rules) := {object.union(given, {"rule": rule, "function": "legacy-import"}) | some rule in rules}

of_any_kind := {"deny_stage_path", "violation_stage_path", "warn_stage_path"}

function(name) := {
	"function": {"name": name},
	"references": [{"variable": "V", "name": "/db"}],
	"now": "2026-11-22T12:00:00Z",
	"now_ns": time.parse_rfc3339_ns("2026-11-22T12:00:00Z"),
}

exempted(name, given) := said if {
	said := data.vestry.declare.naming.exception with input as function(name)
		with data.waivers as given
		with data.vestry.config as config
}

warned(name, given) := said if {
	said := waivers.warn_waivers with input as function(name)
		with data.waivers as given
		with data.vestry.config as config
}

denied(given, max_days) := said if {
	said := waivers.deny with input as function("legacy-import")
		with data.waivers as given
		with data.vestry.config as object.union(config, {"waivers": {"max_days": max_days}})
}

# What is wrong with a waiver is said, and it waives nothing.
refuses(wrong, why) if {
	exempted("legacy-import", [wrong]) == set()
	some warning in warned("legacy-import", [wrong])
	contains(warning.msg, why)
}

waives(given, rules) if exempted("legacy-import", [given]) == passed_on(given, rules)

test_a_waiver_exempts_names if waives(waiver, of_any_kind)

# Every group heeds the same ones.
test_a_waiver_exempts_in_every_group if {
	expected := passed_on(waiver, of_any_kind)
	every exception in groups {
		exception == expected
	}
		with input as function("legacy-import")
		with data.waivers as [waiver]
		with data.vestry.config as config
}

groups := [
	data.vestry.declare.naming.exception,
	data.vestry.declare.runtime.exception,
	data.vestry.declare.stores.exception,
	data.vestry.declare.values.exception,
	data.vestry.resolve.runtime.exception,
	data.vestry.resolve.stores.exception,
	data.vestry.resolve.values.exception,
]

test_a_rule_is_named_by_its_file_its_id_or_in_full if {
	waives(object.union(waiver, {"rule": "stage-path"}), of_any_kind)
	waives(object.union(waiver, {"rule": "deny_stage_path"}), {"deny_stage_path"})
	waives(object.union(waiver, {"rule": "warn_pinned"}), {"warn_pinned"})
}

test_a_rule_that_does_not_exist_is_refused if {
	why := "no rule has that name (the rules are pinned, stage_path)"
	every name in ["stagepath", "warn_stage_path", "deny_pinned", "deny", "deny_", "waivers", "production", "Stage_Path"] {
		refuses(object.union(waiver, {"rule": name}), sprintf("a waiver of %s waives nothing: %s", [name, why]))
	}
}

test_what_narrows_a_waiver_goes_with_it if {
	every more in [{"variable": "V"}, {"variable": "W"}, {"reference": "/db"}, {"reference": "/other", "variable": "V"}] {
		waives(object.union(waiver, more), of_any_kind)
	}
	waives(object.union(waiver, {"ticket": "PAY-123", "approved_by": "ciso@example.com"}), of_any_kind)
}

test_what_narrows_a_waiver_is_told if {
	some warning in warned("legacy-import", [object.union(waiver, {"variable": "V", "reference": "/db"})])
	startswith(warning.msg, "stage_path is waived for legacy-import (variable V) (reference /db) until 2026-12-31, asked by")
}

test_a_key_that_nobody_knows_is_refused if {
	every key in ["varable", "Variable", "variables", "references", "note", "ticket ", ""] {
		refuses(object.union(waiver, {key: "V"}), sprintf("waives nothing: unknown key %s (the keys are expires, ", [key]))
	}
}

test_what_narrows_it_to_nothing_is_refused if {
	every field in ["variable", "reference", "ticket", "approved_by"] {
		every wrong in ["", " ", null, false, 1, ["V"]] {
			refuses(object.union(waiver, {field: wrong}), sprintf("its %s is no text, or empty", [field]))
		}
	}
}

test_everything_that_is_wrong_is_said_at_once if {
	wrong := object.union(json.remove(waiver, ["owner"]), {"rule": "x", "expires": "soon", "onwer": "a", "variable": ""})
	refuses(wrong, "nothing: it has no owner, its variable is no text, or empty, unknown key onwer (the keys are ")
	refuses(wrong, "no rule has that name")
	refuses(wrong, "its expires is no day")
}

test_a_waiver_in_use_is_a_warning if {
	some warning in warned("legacy-import", [waiver])
	warning.owner == "payments@example.com"
	contains(warning.msg, "stage_path is waived for legacy-import until 2026-12-31, asked by payments@example.com: the")
}

test_other_functions_are_not_concerned if {
	every name in ["orders-prod", null] {
		exempted(name, [waiver]) == set()
		warned(name, [waiver]) == set()
	}
}

test_the_day_it_expires_on_is_the_first_without_it if {
	waives(object.union(waiver, {"expires": "2026-11-23"}), of_any_kind)
	refuses(object.union(waiver, {"expires": "2026-11-22"}), "waives nothing: it expired on 2026-11-22")
}

test_a_waiver_ends_within_the_days_that_are_allowed if {
	waives(object.union(waiver, {"expires": "2027-02-20"}), of_any_kind)
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
	every wrong in ["soon", "2026-13-01", "2026-11-31", "2027-02-30", "31.12.2026", "2026-12-31T00:00:00Z", "9999-12-31"] {
		refuses(object.union(waiver, {"expires": wrong}), "its expires is no day")
	}
	every day in ["2026-11-30", "2026-12-31", "2027-01-30", "2027-02-19"] {
		waives(object.union(waiver, {"expires": day}), of_any_kind)
	}
	every empty in ["", null, 5, ["2026-12-31"]] {
		refuses(object.union(waiver, {"expires": empty}), "waives nothing: it has no expires; correct")
	}
}

test_a_function_is_a_name_or_a_sound_glob if {
	every glob in ["legacy-import", "*", "legacy-?mport", "{legacy,old}-*", "[!A-Z][a-z]*", "legacy-[hij]mport"] {
		waives(object.union(waiver, {"function": glob}), of_any_kind)
	}
	every wrong in ["[", "legacy-[", "legacy-[z-a]", "{legacy", "{}", "legacy import", "legacy|old", "arn:aws:lambda"] {
		refuses(object.union(waiver, {"function": wrong}), "its function is neither a name nor a glob")
	}
}

test_what_fits_no_line_of_the_log_is_refused if {
	long := concat("", ["r" | some _ in numbers.range(1, 1001)])
	every field in ["owner", "reason", "ticket", "rule"] {
		refuses(object.union(waiver, {field: long}), sprintf("its %s is longer than it may be", [field]))
	}
	passed_long := {"reference": long, "variable": substring(long, 0, 1000)}
	every field, value in passed_long {
		given := object.union(waiver, {field: value})
		waives(given, of_any_kind)
	}
}

test_waivers_of_another_shape_are_refused if {
	some denial in denied("stage_path", 90)
	contains(denial.msg, "data.waivers has to be a list")
	exempted("legacy-import", "stage_path") == set()
}

test_without_settings_no_rule_is_known if {
	every wrong in ["prod", null, []] {
		some warning in waivers.warn_waivers with input as function("legacy-import")
			with data.waivers as [waiver]
			with data.vestry.config as wrong
		contains(warning.msg, "no rule has that name")
	}
}

test_without_a_limit_nothing_passes if {
	every wrong in [null, "90", 1e12] {
		some denial in denied([waiver], wrong)
		contains(denial.msg, "max_days has to be a number of days")
	}
}

arn(resource) := concat("", ["arn:aws:", resource])

parameter_arn := arn("ssm:eu-west-1:111122223333:parameter/db/main")

secret_arn := arn("secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf")

of(reference) := object.union({"variable": "DB", "name": "/db/main", "arn": null, "key": null}, reference)

asked(references) := object.union(function("legacy-import"), {"references": references, "variables": ["LD_PRELOAD"]})

told(given, references) := said if {
	said := waivers.warn_waivers with input as asked(references)
		with data.waivers as [given]
		with data.vestry.config as config
}

is_in_use(given, references) if {
	some warning in told(given, references)
	contains(warning.msg, "stage_path is waived for legacy-import (")
}

test_what_the_function_has_is_in_use if {
	every case in [
		[{"variable": "DB"}, {}],
		[{"variable": "LD_PRELOAD"}, {}],
		[{"variable": "DB"}, {"name": "/db/*"}],
		[{"variable": "DB_MAIN"}, {"name": "/db/*"}],
		[{"variable": "DB_USER"}, {"key": "*"}],
		[{"variable": "MAIN"}, {"name": "/db/*", "variable": null}],
		[{"variable": "DB", "reference": "/db/main"}, {}],
		[{"reference": "/db/main"}, {}],
		[{"reference": parameter_arn}, {}],
		[{"reference": parameter_arn}, {"arn": parameter_arn}],
		[{"reference": "/db/main"}, {"name": "/db/*"}],
		[{"reference": parameter_arn}, {"name": "/db/*"}],
		[{"reference": secret_arn}, {"name": "prod/db"}],
		[{"reference": "prod/db"}, {"name": "prod/db-AbCdEf", "arn": secret_arn}],
	] {
		is_in_use(object.union(waiver, case[0]), [of({"name": "/other", "variable": "OTHER"}), of(case[1])])
	}
}

lacking := [
	[{"variable": "DB_MAIN"}, {}],
	[{"variable": "DBMAIN"}, {"name": "/db/*"}],
	[{"variable": "LD_PRELOAD", "reference": "/db/main"}, {}],
	[{"variable": "DB", "reference": "/other"}, {}],
	[{"reference": "/db"}, {}],
	[{"reference": "db/main"}, {}],
	[{"reference": "/dbs/main"}, {"name": "/db/*"}],
	[{"reference": arn("ssm:eu-west-1:111122223333:parameter/other/db/main")}, {}],
	[{"reference": secret_arn}, {"name": "prod/d"}],
	[{"reference": "prod/d"}, {"name": "prod/db-AbCdEf", "arn": secret_arn}],
]

test_what_the_function_lacks_is_not_in_use if {
	every case in lacking {
		narrowed := object.union(waiver, object.union(case[0], {"function": "legacy-import"}))
		some warning in told(narrowed, [of({"name": "/other", "variable": "OTHER"}), of(case[1])])
		said := concat(" with ", [sprintf("%s %s", [field, case[0][field]]) | some field in ["variable", "reference"]])
		warning.msg == sprintf(
			"a waiver of stage_path waives nothing: legacy-import has no %s; correct or remove it in data.yaml",
			[said],
		)
	}
}

test_a_glob_means_those_that_have_it if {
	every case in lacking {
		told(object.union(waiver, case[0]), [of({"name": "/other", "variable": "OTHER"}), of(case[1])]) == set()
	}
}
