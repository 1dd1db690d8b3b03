package vestry.resolve.own_account_test

import data.vestry.resolve.stores

# What it is set with here, whatever data.yaml says.
settings := {"accounts": [""], "regions": []}

denied(document) := said if {
	said := stores.deny_own_account with input as document
		with data.vestry.config.own_account as settings
}

function(account, region, arn) := {
	"function": {"account": account, "region": region},
	"references": [{"variable": "V", "arn": arn}],
}

arn := "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/stripe-AbCdEf"

test_the_own_account_and_region_pass if {
	count(denied(function("111122223333", "eu-west-1", arn))) == 0
}

test_another_account_is_refused if {
	some denial in denied(function("444455556666", "eu-west-1", arn))
	denial.id == "own-account"
	denial.variable == "V"
	contains(denial.msg, "is of account 111122223333, the function of 444455556666")
}

test_an_account_on_the_list_passes if {
	count(stores.deny_own_account) == 0 with input as function("444455556666", "eu-west-1", arn)
		with data.vestry.config.own_account.accounts as ["111122223333"]
}

test_an_unknown_own_account_refuses_what_is_not_listed if {
	some denial in denied(function(null, "eu-west-1", arn))
	contains(denial.msg, "one that no answer told")
	count(stores.deny_own_account) == 0 with input as function(null, "eu-west-1", arn)
		with data.vestry.config.own_account.accounts as ["111122223333"]
}

test_another_region_is_refused if {
	some denial in denied(function("111122223333", "us-east-1", arn))
	contains(denial.msg, "is of region eu-west-1, the function of us-east-1")
	count(stores.deny_own_account) == 0 with input as function("111122223333", "us-east-1", arn)
		with data.vestry.config.own_account.regions as ["eu-west-1"]
}

test_an_unknown_own_region_is_refused if {
	count(denied(function("111122223333", null, arn))) == 1
}

test_a_reference_without_an_arn_names_no_other_account if {
	count(denied(function("111122223333", "eu-west-1", null))) == 0
}

test_missing_configuration_is_refused if {
	count(stores.deny) == 1 with input as function("111122223333", "eu-west-1", arn)
		with data.vestry.config.own_account as null
}

test_what_aws_publishes_passes if {
	published := "arn:aws:ssm:eu-west-1::parameter/aws/service/ami/latest"
	count(denied(function("111122223333", "eu-west-1", published))) == 0
}
