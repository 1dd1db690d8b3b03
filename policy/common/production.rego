# Shared by the rules: what is production.
package vestry.production

names := data.vestry.config.production.names

function if {
	is_string(input.function.name)
	some part in split(replace(input.function.name, "_", "-"), "-")
	part in names
}

# A reference is where its function is, and where its own name says.
reference(_) if function

reference(asked) if {
	some part in split(asked.name, "/")
	part in names
}
