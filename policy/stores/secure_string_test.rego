package vestry.resolve.secure_string_test

import data.vestry.resolve.stores

found(store, name, type) := {"references": [{
	"variable": "V",
	"store": store,
	"name": name,
	"type": type,
	"found": true,
}]}

test_a_secure_string_passes if {
	count(stores.deny_secure_string) == 0 with input as found("ssm", "/prod/db/password", "SecureString")
}

test_a_plain_string_is_refused if {
	some denial in stores.deny_secure_string with input as found("ssm", "/prod/db/password", "String")
	denial.id == "secure-string"
	contains(denial.msg, "/prod/db/password is a String")
}

test_a_list_and_an_unknown_type_are_refused if {
	count(stores.deny_secure_string) == 1 with input as found("ssm", "/prod/db/hosts", "StringList")
	count(stores.deny_secure_string) == 1 with input as found("ssm", "/prod/db/hosts", null)
}

test_names_on_the_list_may_be_plain if {
	count(stores.deny_secure_string) == 0 with input as found("ssm", "/prod/flags/new/checkout", "String")
	count(stores.deny_secure_string) == 0 with input as found("ssm", "/aws/service/ami/latest", "String")
	count(stores.deny_secure_string) == 0 with input as found("ssm", "/prod/shop/config/currency", "String")
	count(stores.deny_secure_string) == 1 with input as found("ssm", "/prod/flags", "String")
	count(stores.deny_secure_string) == 1 with input as found("ssm", "/prod/redflags/x", "String")
}

test_secrets_are_not_its_business if {
	count(stores.deny_secure_string) == 0 with input as found("secretsmanager", "prod/stripe", "SecretString")
}

test_what_is_missing_has_no_type if {
	missing := {"variable": "V", "store": "ssm", "name": "/prod/x", "type": null, "found": false}
	count(stores.deny_secure_string) == 0 with input as {"references": [missing]}
}

test_missing_configuration_is_refused if {
	count(stores.deny) == 1 with input as {"references": []} with data.vestry.config.secure_string as null
}
