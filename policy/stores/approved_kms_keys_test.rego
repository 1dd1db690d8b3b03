package vestry.resolve.approved_kms_keys_test

import data.vestry.resolve.stores

# What it is set with here, whatever data.yaml says.
denied(document, approved) := said if {
	said := stores.deny_approved_kms_keys with input as document
		with data.vestry.config.approved_kms_keys as {"approved": approved}
}

under(key) := {"references": [{
	"variable": "V",
	"store": "ssm",
	"name": "/prod/db/password",
	"arn": "arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db/password",
	"type": "SecureString",
	"found": true,
	"kms_key_id": key,
}]}

secret_under(key) := {"references": [{
	"variable": "V",
	"store": "secretsmanager",
	"name": "prod/stripe",
	"arn": "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:prod/stripe-AbCdEf",
	"type": "SecretString",
	"found": true,
	"kms_key_id": key,
}]}

id := "1234abcd-12ab-34cd-56ef-1234567890ab"

arn := concat("", ["arn:aws:kms:eu-west-1:111122223333:key/", id])

test_an_approved_key_passes if {
	count(denied(under("alias/prod"), ["alias/prod"])) == 0
	count(denied(under(id), ["alias/prod", id])) == 0
	count(denied(under(arn), [arn])) == 0
	count(denied(secret_under("alias/prod"), ["alias/prod"])) == 0
}

test_another_key_is_refused if {
	some denial in denied(under("alias/other"), ["alias/prod", id, arn])
	denial.id == "approved-kms-keys"
	denial.variable == "V"
	denial.msg == "/prod/db/password is under the KMS key alias/other, which is not approved; put it under an approved one"
	count(denied(secret_under("alias/other"), ["alias/prod"])) == 1
}

test_the_keys_that_aws_manages_are_approved_like_any_other if {
	count(denied(under("alias/aws/ssm"), ["alias/prod"])) == 1
	count(denied(secret_under("alias/aws/secretsmanager"), ["alias/prod"])) == 1
	count(denied(under("alias/aws/ssm"), ["alias/aws/ssm"])) == 0
}

test_a_key_that_is_not_known_is_refused if {
	some denial in denied(under(null), ["**"])
	denial.msg == "/prod/db/password is under a KMS key that is not known; put it under an approved one"
	not_told := json.remove(under(null), ["references/0/kms_key_id"])
	count(denied(not_told, ["**"])) == 1
	unknown_type := json.patch(under(null), [{"op": "replace", "path": "references/0/type", "value": null}])
	count(denied(unknown_type, ["**"])) == 1
}

test_a_short_name_is_a_key_of_the_values_own_account_and_region if {
	count(denied(under(id), [arn])) == 0
	count(denied(under("alias/prod"), ["arn:aws:kms:eu-west-1:111122223333:alias/prod"])) == 0
	count(denied(under("alias/prod"), ["arn:aws:kms:eu-west-1:444455556666:alias/prod"])) == 1
	count(denied(under("alias/prod"), ["arn:aws:kms:us-east-1:111122223333:alias/prod"])) == 1
	count(denied(secret_under(id), [concat("", ["arn:aws-cn:kms:cn-north-1:111122223333:key/", id])])) == 0
}

test_an_arn_is_of_a_short_name_in_the_values_own_account_and_region_alone if {
	count(denied(under(arn), [id])) == 0
	count(denied(under("arn:aws:kms:eu-west-1:111122223333:alias/prod"), ["alias/prod"])) == 0
	count(denied(under("arn:aws:kms:eu-west-1:444455556666:alias/prod"), ["alias/prod"])) == 1
	count(denied(under("arn:aws:kms:us-east-1:111122223333:alias/prod"), ["alias/prod"])) == 1
	without_arn := json.patch(under(arn), [{"op": "replace", "path": "references/0/arn", "value": null}])
	count(denied(without_arn, [id])) == 1
	count(denied(without_arn, [arn])) == 0
}

test_globs_stay_between_slashes_and_colons if {
	count(denied(under("alias/prod-db"), ["alias/prod-*"])) == 0
	count(denied(under("alias/prod-db"), ["alias/*"])) == 0
	count(denied(under("alias/aws/ssm"), ["alias/*"])) == 1
	count(denied(under("alias/aws/ssm"), ["**"])) == 0
	count(denied(under(arn), ["arn:aws:kms:*:111122223333:key/*"])) == 0
	count(denied(under(arn), ["arn:aws:kms:*:444455556666:key/*"])) == 1
}

test_plain_text_is_under_no_key if {
	every type in ["String", "StringList"] {
		plain := json.patch(under(null), [{"op": "replace", "path": "references/0/type", "value": type}])
		count(denied(plain, ["alias/prod"])) == 0
	}
}

test_what_is_missing_is_under_no_key if {
	missing := json.patch(under(null), [{"op": "replace", "path": "references/0/found", "value": false}])
	count(denied(missing, ["alias/prod"])) == 0
}

test_without_approved_keys_there_is_nothing_to_say if {
	count(denied(under("alias/aws/ssm"), [])) == 0
	count(denied(under(null), [])) == 0
}

test_missing_configuration_is_refused if {
	count(stores.deny) == 1 with input as {"references": []} with data.vestry.config.approved_kms_keys as null
	some denial in stores.deny with input as {"references": []}
		with data.vestry.config.approved_kms_keys as {"approved": "alias/prod"}
	contains(denial.msg, "data.vestry.config.approved_kms_keys cannot be used: approved has to be a list of text")
}
