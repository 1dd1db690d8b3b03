package vestry.resolve.stores

import data.vestry.settings

deny contains settings.fault("secure-string", "secure_string", config, {"plain": "a list of text"})

may_be_plain(name) if {
	is_array(config.secure_string.plain)
	some pattern in config.secure_string.plain
	glob.match(pattern, ["/"], name)
}

# METADATA
# title: Parameters are SecureString
# description: >-
#   A parameter of another type is neither encrypted under a key nor kept from whoever may list the history.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_protect_data_rest_encrypt.html
#     description: Well-Architected SEC08-BP02, Enforce encryption at rest
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_secrets.html
#     description: Well-Architected SEC02-BP03, Store and use secrets securely
# custom:
#   severity: high
deny_secure_string contains {"id": "secure-string", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.store == "ssm"
	reference.found
	reference.type != "SecureString"
	not may_be_plain(reference.name)
	msg := sprintf("%s is a %v; put it again as SecureString", [reference.name, reference.type])
}
