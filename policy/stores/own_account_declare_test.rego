package vestry.declare.own_account_test

import data.vestry.declare.stores

# What it is set with here, whatever data.yaml says.
settings := {"accounts": [""], "regions": []}

denied(document) := said if {
	said := stores.deny_own_account with input as document
		with data.vestry.config.own_account as settings
}

function(role) := {
	"function": {"account": null, "region": "eu-west-1"},
	"references": [{"variable": "V", "name": "/shared/key", "arn": null, "role_arn": role}],
}

role := "arn:aws:iam::210987654321:role/reader"

test_a_role_of_another_account_is_refused_before_it_is_assumed if {
	some denial in denied(function(role))
	denial.id == "own-account"
	denial.variable == "V"
	contains(denial.msg, "/shared/key is asked for with arn:aws:iam::210987654321:role/reader, a role of account 210987654321")
}

test_a_role_of_an_account_on_the_list_passes if {
	count(stores.deny_own_account) == 0 with input as function(role)
		with data.vestry.config.own_account.accounts as ["", "210987654321"]
}

test_without_a_role_there_is_nothing_to_judge if {
	count(denied({"references": [{"variable": "V", "name": "/a", "arn": null}]})) == 0
}

test_a_role_that_cannot_be_read_is_refused if {
	some denial in denied(function("reader"))
	contains(denial.msg, "a role of account nobody can tell")
}

test_missing_configuration_is_refused if {
	count(stores.deny) == 1 with input as function(role) with data.vestry.config.own_account as null
	count(stores.deny_own_account) == 1 with input as function(role) with data.vestry.config.own_account as null
}
