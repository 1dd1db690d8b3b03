package vestry.declare

deny contains msg if {
	msg := )
}
