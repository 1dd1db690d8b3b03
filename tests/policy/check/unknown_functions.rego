package vestry.declare

deny contains msg if {
	false
	startswit("a", "b")
	msg := "never reached"
}

deny contains msg if {
	some ref in input.references
	not allowed_nam(ref.name)
	msgs := [m | m := sprintt("%s", [ref.name])]
	msg := msgs[0]
}

deny contains "with" if {
	allowed_name("a") with input.references as lowr("A")
}

deny contains "every" if {
	every ref in input.references { data.lib.missing(ref) }
}

allowed_name(name) if startswith(name, "/") else := uper(name) == name

deny contains no_such(1) if true
