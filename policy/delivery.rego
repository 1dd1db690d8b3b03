# METADATA
# title: Allowed delivery
# description: >-
#   The socket hands values to one process and is gone; a file stays readable for whatever runs as the same user, until
#   the environment is shut down.
package vestry.declare.delivery

config := data.vestry.config.delivery

configured if {
	is_array(config.production)
	count(config.production) > 0
	is_array(config.in_production)
	is_array(config.elsewhere)
}

parts contains part if {
	some reference in input.references
	some part in split(reference.name, "/")
}

parts contains part if {
	is_string(input.function.name)
	some part in split(replace(input.function.name, "_", "-"), "-")
}

production if {
	some part in parts
	part in config.production
}

allowed := config.in_production if production

else := config.elsewhere

place := "in production" if production

else := "here"

deny contains {
	"id": "delivery",
	"msg": "data.vestry.config.delivery needs production, in_production and elsewhere; list the ways there",
} if not configured

deny contains {"id": "delivery", "msg": msg} if {
	not input.delivery in allowed
	msg := sprintf(
		"delivery by %s is not allowed %s; use one of %s (VESTRY_DELIVERY, AWS_LAMBDA_EXEC_WRAPPER)",
		[input.delivery, place, concat(", ", allowed)],
	)
}
