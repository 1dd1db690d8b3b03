package vestry.declare.fallbacks_test

import data.vestry.declare.values

# What it is set with here, whatever data.yaml says.
settings := {"may_be_optional": ["/**/flags/**", "/**/config/**"], "may_default": ["/**/flags/**", "/**/config/**"]}

denied(document) := said if {
	said := values.deny_fallbacks with input as document
		with data.vestry.config.fallbacks as settings
		with data.vestry.config.production.names as ["prod", "live"]
}

asked(name, optional, has_default) := {"function": {"name": null}, "references": [{
	"variable": "V",
	"name": name,
	"optional": optional,
	"has_default": has_default,
}]}

test_without_a_fallback_it_passes if {
	count(denied(asked("/prod/db/password", false, false))) == 0
}

test_a_default_in_production_is_refused if {
	some denial in denied(asked("/prod/db/password", false, true))
	denial.id == "fallbacks"
	denial.variable == "V"
	contains(denial.msg, "/prod/db/password has a default in production")
}

test_an_optional_one_in_production_is_refused if {
	some denial in denied(asked("prod/stripe", true, false))
	contains(denial.msg, "prod/stripe is optional in production")
	count(denied(asked("prod/stripe", true, true))) == 2
}

test_flags_and_settings_may_have_both if {
	count(denied(asked("/prod/shop/flags/beta", true, true))) == 0
	count(denied(asked("/prod/shop/config/currency", true, true))) == 0
}

test_elsewhere_it_passes if {
	count(denied(asked("/dev/db/password", true, true))) == 0
}

test_missing_configuration_is_refused if {
	some denial in values.deny with input as asked("/dev/db", false, false)
		with data.vestry.config.fallbacks.may_be_optional as null
	contains(denial.msg, "may_be_optional has to be a list of text")
}
