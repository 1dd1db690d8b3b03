package vestry.declare

deny contains "used before" if {
	x == 1
	x := 1
}

deny contains "twice" if {
	y := 1
	y := 2
}

deny contains "unused" if {
	some i
	input.references[0].optional
}

deny contains "unused key" if {
	every k, v in input.references { v.optional }
}

deny contains "negated" if {
	not z := 1
}

deny contains "to a reference" if {
	input.stage := "declare"
	[a, 1] := [2, 1]
	a == 2
}

f(x) := y if {
	x := 2
	y := x
}

deny contains "f" if f(1) == 2
