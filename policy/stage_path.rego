# METADATA
# title: The stage is part of every name
# description: >-
#   A function of one stage that reads the secrets of another is the usual way for a production password into a test
#   system. With the stage in every name it can be seen, and refused before any store is asked.
package vestry.declare.stage_path

config := data.vestry.config.stage_path

configured if {
	is_array(config.stages)
	count(config.stages) > 0
}

stages_of(name) := {part | some part in split(name, "/"); part in config.stages}

function_stages := {part |
	is_string(input.function.name)
	some part in split(replace(input.function.name, "_", "-"), "-")
	part in config.stages
}

reference_stages := {stage | some reference in input.references; some stage in stages_of(reference.name)}

example_stage := sort(function_stages)[0] if count(function_stages) > 0

else := config.stages[0]

deny contains {
	"id": "stage-path",
	"msg": "data.vestry.config.stage_path.stages is missing or empty; list the stages there",
} if not configured

deny contains {"id": "stage-path", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	count(stages_of(reference.name)) == 0
	msg := sprintf(
		"%s carries no stage; move it to a name with one of %s as a part, such as /%s/db/password",
		[reference.name, concat(", ", config.stages), example_stage],
	)
}

deny contains {"id": "stage-path", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	count(function_stages) > 0
	some stage in stages_of(reference.name)
	not stage in function_stages
	msg := sprintf(
		"%s belongs to %s and the function %s to %s; refer to a name of the function's own stage",
		[reference.name, stage, input.function.name, concat(", ", sort(function_stages))],
	)
}

deny contains {"id": "stage-path", "msg": msg} if {
	count(function_stages) == 0
	count(reference_stages) > 1
	msg := sprintf("the references belong to several stages: %s; keep to one", [concat(", ", sort(reference_stages))])
}
