package vestry.resolve.encrypted

deny contains {"id": "encrypted", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.store == "ssm"
	reference.type != "SecureString"
	msg := sprintf("%s is not encrypted", [reference.name])
}
