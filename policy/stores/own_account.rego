package vestry.resolve.stores

import data.vestry.accounts
import data.vestry.settings

deny contains settings.fault("own-account", "own_account", config, {"accounts": "a list of text", "regions": "a list of text"})

# arn:partition:service:region:account:resource
arns contains {"variable": reference.variable, "region": parts[3], "account": parts[4], "text": reference.arn} if {
	some reference in input.references
	is_string(reference.arn)
	parts := split(reference.arn, ":")
}

own_region(region) if region == input.function.region

own_region(region) if region in config.own_account.regions

account_text := input.function.account if is_string(input.function.account)

else := "one that no answer told"

# METADATA
# title: No reference outside the account and the region
# description: >-
#   A value from another account is somebody else's to change. The account is known only by the answers of the
#   stores, so this is a rule on what was resolved: nothing is delivered.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_analyze_cross_account.html
#     description: Well-Architected SEC03-BP07, Analyze public and cross-account access
# custom:
#   severity: high
deny_own_account contains {"id": "own-account", "variable": arn.variable, "msg": msg} if {
	some arn in arns
	not accounts.is_allowed(arn.account)
	msg := sprintf(
		"%s is of account %s, the function of %s; copy it there, or add the account to the policy's list",
		[arn.text, arn.account, account_text],
	)
}

deny_own_account contains {"id": "own-account", "variable": arn.variable, "msg": msg} if {
	some arn in arns
	not own_region(arn.region)
	msg := sprintf(
		"%s is of region %s, the function of %v; replicate it, or add the region to the policy's list",
		[arn.text, arn.region, input.function.region],
	)
}
