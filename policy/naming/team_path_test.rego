package vestry.declare.team_path_test

import data.vestry.declare.naming

# What it is set with here, whatever data.yaml says.
settings := {"teams": []}

denied(document) := said if {
	said := naming.deny_team_path with input as document
		with data.vestry.config.team_path as settings
}

teams := [
	{"team": "shop", "functions": ["shop-*"], "names": ["/*/shop/**", "*/shop/**"]},
	{"team": "web", "functions": ["shop-web-*", "web-*"], "names": ["/*/web/**"]},
]

function(name, secret) := {"function": {"name": name}, "references": [{"variable": "V", "name": secret}]}

test_a_teams_function_reads_its_names if {
	count(naming.deny_team_path) == 0 with input as function("shop-prod", "/prod/shop/db/password")
		with data.vestry.config.team_path.teams as teams
	count(naming.deny_team_path) == 0 with input as function("shop-prod", "prod/shop/stripe")
		with data.vestry.config.team_path.teams as teams
}

test_another_teams_name_is_refused if {
	some denial in naming.deny_team_path with input as function("shop-prod", "/prod/web/db")
		with data.vestry.config.team_path.teams as teams
	denial.id == "team-path"
	denial.variable == "V"
	contains(denial.msg, "/prod/web/db is none of the names of shop, whose function shop-prod is")
}

test_a_name_of_no_team_is_refused_to_a_teams_function if {
	count(naming.deny_team_path) == 1 with input as function("shop-prod", "/prod/legacy")
		with data.vestry.config.team_path.teams as teams
}

test_a_function_of_two_teams_reads_the_names_of_both if {
	count(naming.deny_team_path) == 0 with input as function("shop-web-prod", "/prod/web/db")
		with data.vestry.config.team_path.teams as teams
	count(naming.deny_team_path) == 0 with input as function("shop-web-prod", "/prod/shop/db")
		with data.vestry.config.team_path.teams as teams
}

test_a_function_of_no_team_reads_no_teams_names if {
	some denial in naming.deny_team_path with input as function("orders", "/prod/shop/db")
		with data.vestry.config.team_path.teams as teams
	contains(denial.msg, "/prod/shop/db belongs to shop, and the function orders to no team")
	some nameless in naming.deny_team_path with input as function(null, "/prod/shop/db")
		with data.vestry.config.team_path.teams as teams
	contains(nameless.msg, "and a function whose name is not known to no team")
	count(naming.deny_team_path) == 0 with input as function("orders", "/prod/orders/db")
		with data.vestry.config.team_path.teams as teams
}

test_such_teams_are_as_they_have_to_be if {
	count(naming.deny) == 0 with input as function("shop-prod", "/prod/shop/db")
		with data.vestry.config.team_path.teams as teams
}

test_without_teams_everything_passes if {
	count(denied(function("shop-prod", "/prod/web/db"))) == 0
}

test_teams_of_another_shape_are_refused if {
	every wrong in ["shop", [{"team": "shop"}], [{"team": "shop", "functions": "shop-*", "names": []}], [1]] {
		some denial in naming.deny with input as function("shop-prod", "/prod/shop/db")
			with data.vestry.config.team_path.teams as wrong
		contains(denial.msg, "teams has to be a list of {team, functions, names}")
	}
}
