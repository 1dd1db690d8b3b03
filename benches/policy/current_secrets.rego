package vestry.resolve.current_secrets

deny contains {"id": "current-secrets", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.store == "secretsmanager"
	not "AWSCURRENT" in reference.stages
	msg := sprintf("%s is not the current version", [reference.name])
}
