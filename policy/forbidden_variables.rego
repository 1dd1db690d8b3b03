# METADATA
# title: Variables that no function may set
# description: >-
#   One variable can turn off certificate checks in a whole runtime, write its session keys to a file, or load other
#   code into every program. Only names are known to a policy, so the mere presence is refused.
package vestry.declare.forbidden_variables

config := data.vestry.config.forbidden_variables

configured if is_array(config.names)

deny contains {
	"id": "forbidden-variables",
	"msg": "data.vestry.config.forbidden_variables.names is missing; list the names, or []",
} if not configured

deny contains {"id": "forbidden-variables", "variable": name, "msg": "this variable may not be set; remove it"} if {
	some name in input.variables
	some pattern in config.names
	glob.match(pattern, [], name)
}
