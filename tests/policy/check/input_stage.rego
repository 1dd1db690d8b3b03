package vestry.declare

deny contains "known later" if {
	some ref in input.references
	not ref.found
	ref.type == "String"
}

old(reference) if reference.last_modified < "2020"

deny contains "through a function" if {
	some ref in input.references
	old(ref)
}
