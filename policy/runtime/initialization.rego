package vestry.declare.runtime

import data.vestry.settings

deny contains settings.fault("initialization", "initialization", config, {"allowed": "a list of text, not empty"})

# METADATA
# title: Allowed initialization types
# description: >-
#   SnapStart keeps what INIT brought in a snapshot for as long as the version is published, so its values outlive
#   every rotation. Where no type is told, as outside Lambda, there is nothing to judge.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-security.html
#     description: AWS Lambda Developer Guide, Security model for Lambda SnapStart
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_secrets.html
#     description: Well-Architected SEC02-BP03, Store and use secrets securely
# custom:
#   severity: medium
deny_initialization contains {"id": "initialization", "msg": msg} if {
	is_array(config.initialization.allowed)
	is_string(input.function.initialization_type)
	not input.function.initialization_type in config.initialization.allowed
	msg := sprintf(
		"the function is initialized by %s; configure it for one of %s",
		[input.function.initialization_type, concat(", ", config.initialization.allowed)],
	)
}
