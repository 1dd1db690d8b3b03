package vestry.declare

deny contains "variable" if {
	input := {"references": []}
	count(input.references) > 0
}
