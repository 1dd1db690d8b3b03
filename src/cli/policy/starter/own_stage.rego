# METADATA
# title: A function reads the secrets of its own stage
# description: >-
#   A test system with a production password is one typing error away. Names carry their stage, so it can be refused
#   before any store is asked.
package vestry.declare.own_stage

config := data.own_stage

configured if {
	is_array(config.stages)
	count(config.stages) > 0
}

# Without its configuration a rule must refuse: one that only stayed silent would allow everything.
deny contains {
	"id": "own-stage",
	"msg": "data.own_stage.stages is missing; list the stages there",
} if not configured

# `orders-prod` is of the stage prod; no stage at all is none that may read from one.
function_stages := {part |
	is_string(input.function.name)
	some part in split(input.function.name, "-")
	part in config.stages
}

deny contains {"id": "own-stage", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	some stage in split(reference.name, "/")
	stage in config.stages
	not stage in function_stages
	msg := sprintf(
		"%s is of stage %s, %s is not; use the secret of its own stage",
		[reference.name, stage, the_function],
	)
}

the_function := sprintf("the function %s", [input.function.name]) if is_string(input.function.name)

else := "a function whose name is not known"
