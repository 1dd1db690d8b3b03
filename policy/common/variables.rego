# Shared by the rules: which variables no function may set, whatever sets them.
package vestry.variables

is_forbidden(name) if {
	is_string(name)
	is_array(data.vestry.config.forbidden_variables.names)
	some pattern in data.vestry.config.forbidden_variables.names
	glob.match(pattern, [], name)
}

referring contains reference.variable if some reference in input.references
