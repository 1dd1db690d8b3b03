package vestry.declare.runtime

import data.vestry.production
import data.vestry.settings

deny contains settings.fault("delivery", "delivery", config, {"in_production": "a list of text", "elsewhere": "a list of text"})

in_production if production.function

in_production if {
	some reference in input.references
	production.reference(reference)
}

delivery_allowed := config.delivery.in_production if in_production

else := config.delivery.elsewhere

place := "in production" if in_production

else := "here"

# METADATA
# title: Allowed delivery
# description: >-
#   The socket hands values to one process and is gone; a file stays readable for whatever runs as the same user,
#   until the environment is shut down.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_secrets.html
#     description: Well-Architected SEC02-BP03, Store and use secrets securely
# custom:
#   severity: high
deny_delivery contains {"id": "delivery", "msg": msg} if {
	is_array(delivery_allowed)
	not input.delivery in delivery_allowed
	msg := sprintf(
		"delivery by %s is not allowed %s; use one of %s (VESTRY_DELIVERY, AWS_LAMBDA_EXEC_WRAPPER)",
		[input.delivery, place, concat(", ", delivery_allowed)],
	)
}
