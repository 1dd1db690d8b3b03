package vestry.declare.values

import data.vestry.production
import data.vestry.settings

deny contains settings.fault("version-stage", "version_stage", config, {"forbidden": "a list of text"})

# METADATA
# title: No stale version in production
# description: >-
#   AWSPREVIOUS is what a rotation has just replaced, and AWSPENDING what it has not finished. Whoever asks for one
#   of them in production keeps a credential alive that should be gone.
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html#secretsmanager-2
#     description: AWS FSBP SecretsManager.2, Secrets Manager secrets configured with automatic rotation should rotate successfully
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_secrets.html
#     description: Well-Architected SEC02-BP03, Store and use secrets securely
# custom:
#   severity: high
deny_version_stage contains {"id": "version-stage", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.selector.stage in config.version_stage.forbidden
	production.reference(reference)
	msg := sprintf("%s asks for %s in production; leave the stage away", [reference.name, reference.selector.stage])
}
