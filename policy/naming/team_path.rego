package vestry.declare.naming

import data.vestry.settings

deny contains settings.fault("team-path", "team_path", config, {"teams": "a list of {team, functions, names}"})

teams_of_function contains team if {
	is_array(config.team_path.teams)
	some team in config.team_path.teams
	is_array(team.functions)
	is_string(input.function.name)
	some pattern in team.functions
	glob.match(pattern, [], input.function.name)
}

has_name(team, name) if {
	is_array(team.names)
	some pattern in team.names
	glob.match(pattern, ["/"], name)
}

names_of_a_team(name) if {
	some team in teams_of_function
	has_name(team, name)
}

# METADATA
# title: A team's functions read that team's names
# description: >-
#   A role that may read more than its function needs is found only when it is misused. Who owns which names is said
#   once, here, and holds for every function, whatever its role would allow.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_least_privileges.html
#     description: Well-Architected SEC03-BP02, Grant least privilege access
# custom:
#   severity: high
deny_team_path contains {"id": "team-path", "variable": reference.variable, "msg": msg} if {
	count(teams_of_function) > 0
	some reference in input.references
	not names_of_a_team(reference.name)
	msg := sprintf(
		"%s is none of the names of %s, whose function %s is; refer to a name of its own",
		[reference.name, concat(", ", sort({team.team | some team in teams_of_function})), input.function.name],
	)
}

deny_team_path contains {"id": "team-path", "variable": reference.variable, "msg": msg} if {
	is_array(config.team_path.teams)
	count(teams_of_function) == 0
	some team in config.team_path.teams
	some reference in input.references
	has_name(team, reference.name)
	msg := sprintf(
		"%s belongs to %s, and %s to no team; name it as one of that team's functions",
		[reference.name, team.team, this_function],
	)
}

this_function := sprintf("the function %s", [input.function.name]) if is_string(input.function.name)

else := "a function whose name is not known"
