package vestry.resolve.values

import data.vestry.age
import data.vestry.production
import data.vestry.settings

deny contains settings.fault(
	"rotation", "rotation", config,
	{"days": "a number of days, 1 to 36500", "exempt": "a list of text"},
)

needs_no_rotation(name) if {
	is_array(config.rotation.exempt)
	some pattern in config.rotation.exempt
	glob.match(pattern, ["/"], name)
}

# METADATA
# title: Secrets in production are rotated in time
# description: >-
#   A secret whose rotation has silently stopped is found here while there is time: this warns, and max_age denies
#   what nobody has looked after. Whether rotation is configured the store does not tell with the value, so the age
#   stands for it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html#secretsmanager-1
#     description: AWS FSBP SecretsManager.1, Secrets Manager secrets should have automatic rotation enabled
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html#secretsmanager-4
#     description: AWS FSBP SecretsManager.4, Secrets Manager secrets should be rotated within a specified number of days
# custom:
#   severity: medium
warn_rotation contains {"id": "rotation", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.store == "secretsmanager"
	is_string(reference.created)
	days := age.days_since(reference.created)
	days > config.rotation.days
	production.reference(reference)
	not needs_no_rotation(reference.name)
	msg := sprintf(
		"%s is overdue: this version is %d days old, and a new one was to come after %v; look at its rotation",
		[reference.name, days, config.rotation.days],
	)
}
