package vestry.declare

deny contains msg if {
	some ref in input.references
	msg := $"{ref.name} is denied at {input.stage}"
}
