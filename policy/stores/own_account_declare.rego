package vestry.declare.stores

import data.vestry.accounts
import data.vestry.settings

deny contains settings.fault("own-account", "own_account", config, {"accounts": "a list of text", "regions": "a list of text"})

# arn:partition:iam::account:role/name
account_of(arn) := account if account := split(arn, ":")[4]

else := "nobody can tell"

# METADATA
# title: No role of an account that is not approved
# description: >-
#   Whoever owns a role decides what is read with it. Roles are judged before one is assumed, and before any answer
#   tells the function's own account: that of every role has to be on the list.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_analyze_cross_account.html
#     description: Well-Architected SEC03-BP07, Analyze public and cross-account access
# custom:
#   severity: high
deny_own_account contains {"id": "own-account", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	is_string(reference.role_arn)
	account := account_of(reference.role_arn)
	not accounts.is_allowed(account)
	msg := sprintf(
		"%s is asked for with %s, a role of account %s; use one of an approved account, or add it to the policy's list",
		[reference.name, reference.role_arn, account],
	)
}
