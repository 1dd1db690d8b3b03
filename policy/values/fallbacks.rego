package vestry.declare.values

import data.vestry.production
import data.vestry.settings

deny contains settings.fault(
	"fallbacks", "fallbacks", config,
	{"may_be_optional": "a list of text", "may_default": "a list of text"},
)

is_one_of(name, patterns) if {
	is_array(patterns)
	some pattern in patterns
	glob.match(pattern, ["/"], name)
}

# METADATA
# title: No fallback for a credential in production
# description: >-
#   A default for a password is a password in plain text in the configuration, and an optional one is a function
#   that starts without it and fails at its first customer. Flags and settings may have both.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_secrets.html
#     description: Well-Architected SEC02-BP03, Store and use secrets securely
# custom:
#   severity: high
deny_fallbacks contains {"id": "fallbacks", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.has_default
	production.reference(reference)
	not is_one_of(reference.name, config.fallbacks.may_default)
	msg := sprintf("%s has a default in production; remove ?default, and create it in every stage", [reference.name])
}

deny_fallbacks contains {"id": "fallbacks", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.optional
	production.reference(reference)
	not is_one_of(reference.name, config.fallbacks.may_be_optional)
	msg := sprintf("%s is optional in production; remove ?optional, and create it in every stage", [reference.name])
}
