package vestry.resolve.rule

import data.lib.names

old[reference.name] := days if {
	some reference in input.references
	reference.found
	days := (input.now_ns - time.parse_rfc3339_ns(reference.last_modified)) / 86400000000000
}

deny contains {"msg": names.deny(reference.name), "variable": reference.variable} if {
	some reference in input.references
	names.production(reference)
	old[reference.name] > 365
}
