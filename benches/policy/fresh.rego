package vestry.resolve.fresh

year_ns := ((((365 * 24) * 60) * 60) * 1000) * 1000000

deny contains {"id": "fresh", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	is_string(reference.last_modified)
	input.now_ns - time.parse_rfc3339_ns(reference.last_modified) > year_ns
	msg := sprintf("%s was not changed for a year", [reference.name])
}
