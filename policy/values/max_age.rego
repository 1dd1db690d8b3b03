package vestry.resolve.values

import data.vestry.age
import data.vestry.settings

deny contains settings.fault(
	"max-age", "max_age", config,
	{"days": "a number of days, 1 to 36500", "exempt": "a list of text"},
)

may_be_old(name) if {
	is_array(config.max_age.exempt)
	some pattern in config.max_age.exempt
	glob.match(pattern, ["/"], name)
}

# METADATA
# title: Nothing older than allowed
# description: >-
#   What was not changed for long was not rotated, and everybody who ever saw it still has it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html#secretsmanager-4
#     description: AWS FSBP SecretsManager.4, Secrets Manager secrets should be rotated within a specified number of days
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_secrets.html
#     description: Well-Architected SEC02-BP03, Store and use secrets securely
# custom:
#   severity: medium
deny_max_age contains {"id": "max-age", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.found
	is_string(reference.last_modified)
	days := age.days_since(reference.last_modified)
	days > config.max_age.days
	not may_be_old(reference.name)
	msg := sprintf(
		"%s was last changed %d days ago, %v are allowed; rotate it",
		[reference.name, days, config.max_age.days],
	)
}

deny_max_age contains {"id": "max-age", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.found
	not is_string(reference.last_modified)
	not may_be_old(reference.name)
	msg := sprintf("%s does not tell when it was last changed; exempt it in the policy's list", [reference.name])
}
