package vestry.resolve.own_region

deny contains {"id": "own-region", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	split(reference.arn, ":")[3] != input.function.region
	msg := sprintf("%s is of another region", [reference.arn])
}
