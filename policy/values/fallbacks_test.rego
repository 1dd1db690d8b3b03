package vestry.declare.fallbacks_test

import data.vestry.declare.values

asked(name, optional, has_default) := {"function": {"name": null}, "references": [{
	"variable": "V",
	"name": name,
	"optional": optional,
	"has_default": has_default,
}]}

test_without_a_fallback_it_passes if {
	count(values.deny_fallbacks) == 0 with input as asked("/prod/db/password", false, false)
}

test_a_default_in_production_is_refused if {
	some denial in values.deny_fallbacks with input as asked("/prod/db/password", false, true)
	denial.id == "fallbacks"
	denial.variable == "V"
	contains(denial.msg, "/prod/db/password has a default in production")
}

test_an_optional_one_in_production_is_refused if {
	some denial in values.deny_fallbacks with input as asked("prod/stripe", true, false)
	contains(denial.msg, "prod/stripe is optional in production")
	count(values.deny_fallbacks) == 2 with input as asked("prod/stripe", true, true)
}

test_flags_and_settings_may_have_both if {
	count(values.deny_fallbacks) == 0 with input as asked("/prod/shop/flags/beta", true, true)
	count(values.deny_fallbacks) == 0 with input as asked("/prod/shop/config/currency", true, true)
}

test_elsewhere_it_passes if {
	count(values.deny_fallbacks) == 0 with input as asked("/dev/db/password", true, true)
}

test_missing_configuration_is_refused if {
	some denial in values.deny with input as asked("/dev/db", false, false)
		with data.vestry.config.fallbacks.may_be_optional as null
	contains(denial.msg, "may_be_optional has to be a list of text")
}
