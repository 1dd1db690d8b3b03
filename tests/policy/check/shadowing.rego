package vestry.declare

deny contains "variable" if {
	some input in [1]
	input == 1
}

helper(data) := data

input contains 1

deny contains "x" if helper(1)
