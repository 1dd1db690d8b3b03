package vestry.resolve.found.deep

allowed := {"x"}

deny contains "x" if {
	some name
	data.vestry.resolve[name].limit == 3
	not allowed[input.function.name]
}
