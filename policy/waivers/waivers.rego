package vestry.declare.waivers

import data.vestry.settings
import data.vestry.waivers

config := data.vestry.config if is_object(data.vestry.config)

else := {}

deny contains settings.fault("waivers", "waivers", config, {"max_days": "a number of days, 1 to 36500"})

deny contains {"id": "waivers", "msg": "data.waivers has to be a list; correct data.yaml"} if not is_array(data.waivers)

# METADATA
# title: Waivers have an owner, a reason and an end
# description: >-
#   An exemption that nobody owns and nothing ends is a hole with a comment. A waiver in use is a warning at every
#   start, so it is seen; one that has expired, lacks any of the three, has a misspelt key or
#   names no rule waives nothing, and says so.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_least_privileges.html
#     description: Well-Architected SEC03-BP02, Grant least privilege access
# custom:
#   severity: medium
warn_waivers contains {"id": "waivers", "rule": entry.waiver.rule, "owner": entry.waiver.owner, "msg": msg} if {
	some entry in waivers.found
	entry.fault == null
	msg := sprintf(
		"%s is waived for %s until %s, asked by %s: %s",
		[entry.waiver.rule, exempt(entry.waiver), entry.waiver.expires, entry.waiver.owner, entry.waiver.reason],
	)
}

warn_waivers contains {"id": "waivers", "msg": msg} if {
	some entry in waivers.found
	entry.fault != null
	msg := sprintf(
		"a waiver of %s waives nothing: %s; correct or remove it in data.yaml",
		[name_of(entry.waiver), entry.fault],
	)
}

# The function, and what the waiver is narrowed to.
exempt(waiver) := concat(" ", array.concat([input.function.name], narrowed)) if {
	narrowed := [sprintf("(%s %s)", [field, waiver[field]]) | some field in ["variable", "reference"]; waiver[field]]
}

name_of(waiver) := waiver.rule if waivers.is_filled(waiver, "rule")

else := "a rule that it does not name"
