package vestry.resolve.of_a_size

deny contains {"id": "of-a-size", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.size > 4096
	msg := sprintf("%s is larger than a secret should be", [reference.name])
}
