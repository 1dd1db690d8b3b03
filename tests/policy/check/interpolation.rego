package vestry.declare

deny contains msg if {
	some ref in input.references
	msg := $"{ref.nmae} is denied"
}

deny contains $"{input.stage"
