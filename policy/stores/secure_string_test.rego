package vestry.resolve.secure_string_test

import data.vestry.resolve.stores

# What it is set with here, whatever data.yaml says.
settings := {"plain": ["/**/flags/**", "/**/config/**", "/aws/service/**"]}

denied(document) := said if {
	said := stores.deny_secure_string with input as document
		with data.vestry.config.secure_string as settings
}

found(store, name, type) := {"references": [{
	"variable": "V",
	"store": store,
	"name": name,
	"type": type,
	"found": true,
}]}

test_a_secure_string_passes if {
	count(denied(found("ssm", "/prod/db/password", "SecureString"))) == 0
}

test_a_plain_string_is_refused if {
	some denial in denied(found("ssm", "/prod/db/password", "String"))
	denial.id == "secure-string"
	contains(denial.msg, "/prod/db/password is a String")
}

test_a_list_and_an_unknown_type_are_refused if {
	count(denied(found("ssm", "/prod/db/hosts", "StringList"))) == 1
	count(denied(found("ssm", "/prod/db/hosts", null))) == 1
}

test_names_on_the_list_may_be_plain if {
	count(denied(found("ssm", "/prod/flags/new/checkout", "String"))) == 0
	count(denied(found("ssm", "/aws/service/ami/latest", "String"))) == 0
	count(denied(found("ssm", "/prod/shop/config/currency", "String"))) == 0
	count(denied(found("ssm", "/prod/flags", "String"))) == 1
	count(denied(found("ssm", "/prod/redflags/x", "String"))) == 1
}

test_secrets_are_not_its_business if {
	count(denied(found("secretsmanager", "prod/stripe", "SecretString"))) == 0
}

test_what_is_missing_has_no_type if {
	missing := {"variable": "V", "store": "ssm", "name": "/prod/x", "type": null, "found": false}
	count(denied({"references": [missing]})) == 0
}

test_missing_configuration_is_refused if {
	count(stores.deny) == 1 with input as {"references": []} with data.vestry.config.secure_string as null
}
