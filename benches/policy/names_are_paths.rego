package vestry.declare.names_are_paths

deny contains {"id": "names-are-paths", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.store == "ssm"
	not startswith(reference.name, "/")
	msg := sprintf("%s is no path", [reference.name])
}
