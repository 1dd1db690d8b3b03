package vestry.resolve.values

import data.vestry.production
import data.vestry.settings

deny contains settings.fault("current-version", "current_version", config, {"stages": "a list of text, not empty"})

carries_one(reference) if {
	some stage in reference.stages
	stage in config.current_version.stages
}

# METADATA
# title: The version delivered in production is the current one
# description: >-
#   A version that was pinned by its id stays the same when the secret is rotated. Only the store can tell that it
#   was replaced, and it tells by the stages that the version no longer carries.
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html#secretsmanager-2
#     description: AWS FSBP SecretsManager.2, Secrets Manager secrets configured with automatic rotation should rotate successfully
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_secrets.html
#     description: Well-Architected SEC02-BP03, Store and use secrets securely
# custom:
#   severity: high
deny_current_version contains {"id": "current-version", "variable": reference.variable, "msg": msg} if {
	is_array(config.current_version.stages)
	some reference in input.references
	reference.store == "secretsmanager"
	reference.found
	not carries_one(reference)
	production.reference(reference)
	msg := sprintf(
		"version %v of %s carries none of the stages %s: it was replaced, or never finished; leave the version away",
		[reference.version, reference.name, concat(", ", config.current_version.stages)],
	)
}
