# METADATA
# title: Nothing older than allowed
# description: What was not changed for long was not rotated.
package vestry.resolve.max_age

config := data.vestry.config.max_age

configured if {
	is_number(config.days)
	config.days > 0
	is_array(config.exempt)
}

nanoseconds_a_day := (((24 * 60) * 60) * 1000) * 1000000

exempt(name) if {
	some pattern in config.exempt
	glob.match(pattern, ["/"], name)
}

deny contains {
	"id": "max-age",
	"msg": "data.vestry.config.max_age needs days, a number above 0, and exempt, a list",
} if not configured

deny contains {"id": "max-age", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.found
	is_string(reference.last_modified)
	days := floor((input.now_ns - time.parse_rfc3339_ns(reference.last_modified)) / nanoseconds_a_day)
	days > config.days
	not exempt(reference.name)
	msg := sprintf("%s was last changed %d days ago, %d are allowed; rotate it", [reference.name, days, config.days])
}

deny contains {"id": "max-age", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.found
	not is_string(reference.last_modified)
	not exempt(reference.name)
	msg := sprintf("%s does not tell when it was last changed; exempt it in the policy's list", [reference.name])
}
