package vestry.settings_test

import data.vestry.declare.naming
import data.vestry.declare.runtime
import data.vestry.declare.stores as asked
import data.vestry.declare.values
import data.vestry.declare.waivers
import data.vestry.resolve.runtime as ran
import data.vestry.resolve.stores
import data.vestry.resolve.values as resolved
import data.vestry.settings

everything := {
	"naming": naming.deny,
	"runtime": runtime.deny,
	"asked": asked.deny,
	"values": values.deny,
	"waivers": waivers.deny,
	"ran": ran.deny,
	"stores": stores.deny,
	"resolved": resolved.deny,
}

# Which group denies with which id.
denied := {[group, denial.id] | some group, denials in everything; some denial in denials}

# What denies where its part of data.yaml is missing: of the library, what this copy of it still has.
held_to_its_shape := {[group, id] |
	some [group, id] in [
		["naming", "stage-path"], ["naming", "team-path"], ["naming", "narrow-trees"],
		["runtime", "delivery"], ["runtime", "forbidden-variables"], ["runtime", "initialization"],
		["runtime", "regions"], ["runtime", "production"],
		["asked", "own-account"],
		["values", "version-stage"], ["values", "pinned"], ["values", "fallbacks"], ["values", "production"],
		["waivers", "waivers"],
		["ran", "forbidden-variables"],
		["stores", "own-account"], ["stores", "secure-string"],
		["resolved", "current-version"], ["resolved", "max-age"], ["resolved", "rotation"], ["resolved", "production"],
	]
	data.vestry.config[replace(id, "-", "_")]
}

without_settings := {[group, "settings"] | some group in ["naming", "asked", "ran", "stores"]}

test_as_it_is_set_nothing_is_wrong if {
	denied == set()
}

test_without_configuration_every_rule_refuses if {
	expected := held_to_its_shape
	count(expected) > 0
	found := denied with data.vestry.config as {}
	expected - found == set()
}

test_configuration_of_another_kind_is_refused if {
	expected := held_to_its_shape | without_settings
	every wrong in ["prod", 1, null, ["prod"]] {
		found := denied with data.vestry.config as wrong
		expected - found == set()
	}
}

# A rule such as those of the library, set with a list.
fault(stages) := settings.fault("a-rule", "a_rule", {"a_rule": {"stages": stages}}, {"stages": "a list of text, not empty"})

test_what_is_missing_is_named if {
	every config in [{}, {"a_rule": "prod"}, {"a_rule": {}}] {
		denial := settings.fault("a-rule", "a_rule", config, {"stages": "a list of text, not empty"})
		denial.id == "a-rule"
		denial.msg == "data.vestry.config.a_rule cannot be used: stages has to be a list of text, not empty; correct data.yaml"
	}
}

test_text_instead_of_a_list_is_refused if {
	contains(fault("prod").msg, "stages has to be a list of text, not empty")
}

test_a_list_of_anything_else_is_refused if {
	every wrong in [[], [1], [""], ["prod", ""], ["prod", null], [["prod"]]] {
		contains(fault(wrong).msg, "stages has to be a list of text, not empty")
	}
	not fault(["prod"])
}

test_every_wrong_field_is_named if {
	kinds := {"accounts": "a list of text", "regions": "a list of text"}
	denial := settings.fault("a-rule", "a_rule", {"a_rule": {"accounts": "1", "regions": 2}}, kinds)
	contains(denial.msg, "accounts has to be a list of text, regions has to be a list of text; correct data.yaml")
}

test_each_kind_takes_what_is_of_it if {
	settings.is_of_kind([], "a list of text")
	settings.is_of_kind(["prod"], "a list of text, not empty")
	settings.is_of_kind(90, "a number of days, 1 to 36500")
	settings.is_of_kind(0, "a number of parts, 0 to 15")
	settings.is_of_kind([{"team": "shop", "functions": [], "names": []}], "a list of {team, functions, names}")
	not settings.is_of_kind(16, "a number of parts, 0 to 15")
	not settings.is_of_kind("90", "a number of days, 1 to 36500")
}

test_a_group_without_settings_has_empty_ones if {
	none := [naming.config, asked.config, ran.config, stores.config] with data.vestry.config as "prod"
	none == [{}, {}, {}, {}]
	set_ones := [naming.config, asked.config, ran.config, stores.config] with data.vestry.config as {"a": 1}
	set_ones == [{"a": 1}, {"a": 1}, {"a": 1}, {"a": 1}]
}
