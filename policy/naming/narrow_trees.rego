package vestry.declare.naming

import data.vestry.settings

deny contains settings.fault("narrow-trees", "narrow_trees", config, {"parts": "a number of parts, 0 to 15", "exempt": "a list of text"})

may_be_wide(name) if {
	is_array(config.narrow_trees.exempt)
	some pattern in config.narrow_trees.exempt
	glob.match(pattern, ["/"], name)
}

# METADATA
# title: No tree wider than a service
# description: >-
#   A tree brings whatever is below its path, today and after the next deployment of somebody else. Near the root
#   that is every secret of a stage, in one variable list.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_least_privileges.html
#     description: Well-Architected SEC03-BP02, Grant least privilege access
# custom:
#   severity: medium
deny_narrow_trees contains {"id": "narrow-trees", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	endswith(reference.name, "/*")
	parts := [part | some part in split(trim_suffix(reference.name, "/*"), "/"); part != ""]
	count(parts) < config.narrow_trees.parts
	not may_be_wide(reference.name)
	msg := sprintf(
		"%s reaches too far: a tree has at least %v parts before its *; name the part that is needed",
		[reference.name, config.narrow_trees.parts],
	)
}
