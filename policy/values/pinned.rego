package vestry.declare.values

import data.vestry.production
import data.vestry.settings

deny contains settings.fault("pinned", "pinned", config, {"exempt": "a list of text"})

may_be_pinned(name) if {
	is_array(config.pinned.exempt)
	some pattern in config.pinned.exempt
	glob.match(pattern, ["/"], name)
}

# METADATA
# title: No parameter pinned to a version number in production
# description: >-
#   A number never moves, so the next rotation does not reach the function, and the old credential has to stay valid
#   for it. A label moves. This is a warning: a number may be right while a change is rolled out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_secrets.html
#     description: Well-Architected SEC02-BP03, Store and use secrets securely
# custom:
#   severity: low
warn_pinned contains {"id": "pinned", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.store == "ssm"
	is_string(reference.selector.version)
	production.reference(reference)
	not may_be_pinned(reference.name)
	msg := sprintf(
		"%s is pinned to version %s, so no rotation reaches the function; use a label, or leave the version away",
		[reference.name, reference.selector.version],
	)
}
