package vestry.declare

deny[msg] {
	msg := "before OPA 1.0"
}
