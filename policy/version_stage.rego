# METADATA
# title: No stale version in production
# description: >-
#   AWSPREVIOUS is what a rotation has just replaced, and AWSPENDING what it has not finished. Whoever pins one of them
#   in production keeps a credential alive that should be gone.
package vestry.declare.version_stage

config := data.vestry.config.version_stage

configured if {
	is_array(config.forbidden)
	is_array(config.production)
	count(config.production) > 0
}

production(reference) if {
	some part in split(reference.name, "/")
	part in config.production
}

production(_) if {
	is_string(input.function.name)
	some part in split(replace(input.function.name, "_", "-"), "-")
	part in config.production
}

deny contains {
	"id": "version-stage",
	"msg": "data.vestry.config.version_stage needs forbidden and production; list the stages there",
} if not configured

deny contains {"id": "version-stage", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	some stage in config.forbidden
	reference.selector.stage == stage
	production(reference)
	msg := sprintf("%s asks for %s in production; leave the stage away", [reference.name, stage])
}
