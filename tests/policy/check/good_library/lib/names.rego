package lib.names

production(reference) if {
	some part in parts(reference.name)
	part in data.lib.stages.production
}

parts(name) := split(name, "/")

deny(name) := sprintf("%s is denied", [name])
