# METADATA
# title: No reference outside the account and the region
# description: >-
#   A value from another account is somebody else's to change. The account is known only by the answers of the stores,
#   so this is a rule on what was resolved: nothing is delivered.
package vestry.resolve.own_account

config := data.vestry.config.own_account

configured if {
	is_array(config.accounts)
	is_array(config.regions)
}

# arn:partition:service:region:account:resource
arns contains {"variable": reference.variable, "region": parts[3], "account": parts[4], "text": reference.arn} if {
	some reference in input.references
	is_string(reference.arn)
	parts := split(reference.arn, ":")
}

own_account(account) if account == input.function.account

own_account(account) if account in config.accounts

own_region(region) if region == input.function.region

own_region(region) if region in config.regions

deny contains {
	"id": "own-account",
	"msg": "data.vestry.config.own_account needs accounts and regions; list them, or []",
} if not configured

deny contains {"id": "own-account", "variable": arn.variable, "msg": msg} if {
	some arn in arns
	not own_account(arn.account)
	msg := sprintf(
		"%s is of account %s, the function of %s; copy it there, or add the account to the policy's list",
		[arn.text, arn.account, account_text],
	)
}

deny contains {"id": "own-account", "variable": arn.variable, "msg": msg} if {
	some arn in arns
	not own_region(arn.region)
	msg := sprintf(
		"%s is of region %s, the function of %v; replicate it, or add the region to the policy's list",
		[arn.text, arn.region, input.function.region],
	)
}

account_text := input.function.account if is_string(input.function.account)

else := "one that no answer told"
