package vestry.resolve.other

allowed := {"x"}

deny contains "z" if {
	some name
	data.vestry.resolve[name].limit == 3
	not allowed[input.function.name]
}
