package vestry.resolve.stores

import data.vestry.asks
import data.vestry.settings

deny contains settings.fault("approved-kms-keys", "approved_kms_keys", config, {"approved": "a list of text"})

# Plain text is under no key. Everything else is under one, be it known or not.
encrypted contains reference if {
	some reference in input.references
	reference.found
	not reference.type in {"String", "StringList"}
}

is_under_approved_key(reference) if {
	is_string(reference.kms_key_id)
	some key in spellings(reference)
	some pattern in config.approved_kms_keys.approved
	glob.match(pattern, ["/", ":"], key)
}

# The stores tell a key as an alias, an id or an ARN, by the will of whoever chose it. Approved may be any of them: a key
# without account and region is of those of the value.
spellings(reference) := {reference.kms_key_id} | {as_arn(reference)} if {
	not startswith(reference.kms_key_id, "arn:")
	is_string(reference.arn)
} else := {reference.kms_key_id, without_place(reference)} if {
	is_string(reference.arn)
	startswith(reference.kms_key_id, place(reference))
} else := {reference.kms_key_id}

as_arn(reference) := concat("", [place(reference), reference.kms_key_id]) if {
	startswith(reference.kms_key_id, "alias/")
} else := concat("", [place(reference), "key/", reference.kms_key_id])

without_place(reference) := trim_prefix(trim_prefix(reference.kms_key_id, place(reference)), "key/")

# arn:partition:kms:region:account: as in the value's own ARN.
place(reference) := concat(":", ["arn", parts[1], "kms", parts[3], parts[4], ""]) if {
	parts := split(reference.arn, ":")
}

found_under(reference) := sprintf("is under the KMS key %s, which is not approved", [reference.kms_key_id]) if {
	is_string(reference.kms_key_id)
} else := "is under a KMS key that is not known"

# METADATA
# title: Approved KMS keys
# description: >-
#   The policy of a key decides who may decrypt, and its trail says who did. A value under another key, or under the one
#   that AWS manages for the whole account, is outside of both.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_protect_data_rest_key_mgmt.html
#     description: Well-Architected SEC08-BP01, Implement secure key management
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/secretsmanager-using-cmk.html
#     description: AWS Config rule secretsmanager-using-cmk
# custom:
#   severity: high
deny_approved_kms_keys contains {"id": "approved-kms-keys", "variable": reference.variable, "msg": msg} if {
	asks.kms_keys
	some reference in encrypted
	not is_under_approved_key(reference)
	msg := sprintf("%s %s; put it under an approved one", [reference.name, found_under(reference)])
}
