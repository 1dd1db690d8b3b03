package vestry.declare.known_region

allowed := {"eu-west-1", "eu-central-1"}

deny contains {"id": "known-region", "msg": msg} if {
	not input.function.region in allowed
	msg := sprintf("%v is no region of ours", [input.function.region])
}
