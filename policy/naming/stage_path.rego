package vestry.declare.naming

import data.vestry.settings

deny contains settings.fault("stage-path", "stage_path", config, {"stages": "a list of text, not empty"})

stages := config.stage_path.stages

stages_of(name) := {part | some part in split(name, "/"); part in stages}

function_stages := {part |
	is_string(input.function.name)
	some part in split(replace(input.function.name, "_", "-"), "-")
	part in stages
}

reference_stages := {stage | some reference in input.references; some stage in stages_of(reference.name)}

example_stage := sort(function_stages)[0] if count(function_stages) > 0

else := stages[0]

# METADATA
# title: The stage is part of every name
# description: >-
#   A function of one stage that reads the secrets of another is the usual way for a production password into a test
#   system. With the stage in every name it can be seen, and refused before any store is asked.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_securely_operate_multi_accounts.html
#     description: Well-Architected SEC01-BP01, Separate workloads using accounts
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_least_privileges.html
#     description: Well-Architected SEC03-BP02, Grant least privilege access
# custom:
#   severity: high
deny_stage_path contains {"id": "stage-path", "variable": reference.variable, "msg": msg} if {
	is_array(stages)
	some reference in input.references
	count(stages_of(reference.name)) == 0
	msg := sprintf(
		"%s carries no stage; move it to a name with one of %s as a part, such as /%s/db/password",
		[reference.name, concat(", ", stages), example_stage],
	)
}

deny_stage_path contains {"id": "stage-path", "variable": reference.variable, "msg": msg} if {
	is_array(stages)
	count(function_stages) > 0
	some reference in input.references
	some stage in stages_of(reference.name)
	not stage in function_stages
	msg := sprintf(
		"%s belongs to %s and the function %s to %s; refer to a name of the function's own stage",
		[reference.name, stage, input.function.name, concat(", ", sort(function_stages))],
	)
}

deny_stage_path contains {"id": "stage-path", "msg": msg} if {
	is_array(stages)
	count(function_stages) == 0
	count(reference_stages) > 1
	msg := sprintf("the references belong to several stages: %s; keep to one", [concat(", ", sort(reference_stages))])
}
