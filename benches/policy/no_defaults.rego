package vestry.declare.no_defaults

warn contains {"id": "no-defaults", "variable": reference.variable, "msg": "a default hides a missing value"} if {
	some reference in input.references
	reference.has_default
}
