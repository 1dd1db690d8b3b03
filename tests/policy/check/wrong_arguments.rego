package vestry.declare

stage_of(name, n) := split(name, "/")[n]

deny contains msg if {
	startswith("a")
	count([1], [2], 3)
	stage_of(input.now) == "prod"
	msg := sprintf("%s")
}

deny contains "shadowed" if {
	count := 1
	count(input.references) > 0
}

deny contains "not called" if stage_of == "prod"
