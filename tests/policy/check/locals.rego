package vestry.declare

deny contains msg if {
	some ref in input.references
	name := ref.name
	count([1 | other := ref.arn]) > 0
	msg := "the name is not used"
}

is_prod(name, stage) if startswith(name, "/prod")

deny contains "x" if is_prod(input.now, "prod")
