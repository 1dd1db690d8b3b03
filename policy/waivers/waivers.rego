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
	may_be_of_use(entry.waiver)
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

# Of functions that are meant by a glob, those that lack it need not be told.
warn_waivers contains {"id": "waivers", "msg": msg} if {
	some entry in waivers.found
	entry.fault == null
	entry.waiver.function == input.function.name
	not may_be_of_use(entry.waiver)
	msg := sprintf(
		"a waiver of %s waives nothing: %s has no %s; correct or remove it in data.yaml",
		[entry.waiver.rule, input.function.name, concat(" with ", narrowing(entry.waiver))],
	)
}

# Whether there is what it is narrowed to. What a tree or the keys of a secret are called is known at resolve only.
may_be_of_use(waiver) if not is_narrowed(waiver)

may_be_of_use(waiver) if {
	waiver.variable in input.variables
	not waiver.reference
}

may_be_of_use(waiver) if {
	some reference in input.references
	may_be_variable(waiver, reference)
	may_be_name(waiver, reference)
}

is_narrowed(waiver) if waiver.variable

is_narrowed(waiver) if waiver.reference

may_be_variable(waiver, _) if not waiver.variable

may_be_variable(waiver, reference) if waiver.variable == reference.variable

may_be_variable(waiver, reference) if {
	expands(reference)
	startswith(waiver.variable, prefix(reference))
}

expands(reference) if reference.key == "*"

expands(reference) if endswith(reference.name, "/*")

prefix(reference) := concat("", [reference.variable, "_"]) if is_string(reference.variable)

else := ""

may_be_name(waiver, _) if not waiver.reference

may_be_name(waiver, reference) if waiver.reference == reference.name

may_be_name(waiver, reference) if waiver.reference == reference.arn

# Declared by its name, waived by its ARN, and the other way round: the random suffix of a secret is no part of its name.
may_be_name(waiver, reference) if endswith(waiver.reference, concat("", [":parameter/", trim_left(reference.name, "/")]))

may_be_name(waiver, reference) if contains(waiver.reference, concat("", [":secret:", reference.name, "-"]))

may_be_name(waiver, reference) if {
	is_string(reference.arn)
	startswith(reference.name, concat("", [waiver.reference, "-"]))
}

may_be_name(waiver, reference) if {
	endswith(reference.name, "/*")
	contains(waiver.reference, trim_suffix(reference.name, "*"))
}

# The function, and what the waiver is narrowed to.
exempt(waiver) := concat(" ", array.concat([input.function.name], narrowed)) if {
	narrowed := [sprintf("(%s)", [said]) | some said in narrowing(waiver)]
}

narrowing(waiver) := [sprintf("%s %s", [field, waiver[field]]) |
	some field in ["variable", "reference"]
	waiver[field]
]

name_of(waiver) := waiver.rule if waivers.is_filled(waiver, "rule")

else := "a rule that it does not name"
