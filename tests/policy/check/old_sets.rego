package vestry.declare

deny[msg] if {
	msg := "an object, not a set"
}
