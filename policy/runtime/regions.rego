package vestry.declare.runtime

import data.vestry.settings

deny contains settings.fault("regions", "regions", config, {"approved": "a list of text, not empty"})

is_approved(region) if {
	is_array(config.regions.approved)
	some pattern in config.regions.approved
	glob.match(pattern, [], region)
}

# METADATA
# title: Approved regions
# description: >-
#   Keys, logs and guardrails are set up region by region, and so is the law that holds for the data. What runs
#   elsewhere, or refers elsewhere, runs without them.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_define_guardrails.html
#     description: Well-Architected SEC03-BP05, Define permission guardrails for your organization
# custom:
#   severity: high
deny_regions contains {"id": "regions", "msg": msg} if {
	is_string(input.function.region)
	not is_approved(input.function.region)
	msg := sprintf("the function is in region %s, which is not approved; deploy it to an approved one", [input.function.region])
}

deny_regions contains {"id": "regions", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	is_string(reference.arn)
	region := split(reference.arn, ":")[3]
	not is_approved(region)
	msg := sprintf("%s is in region %s, which is not approved; refer to one in an approved region", [reference.arn, region])
}

# What a manifest says of a name that is no ARN.
deny_regions contains {"id": "regions", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	is_string(reference.region)
	not is_approved(reference.region)
	msg := sprintf(
		"%s is asked for in region %s, which is not approved; refer to one in an approved region",
		[reference.name, reference.region],
	)
}
