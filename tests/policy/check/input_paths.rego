package vestry.declare

deny contains "classic" if {
	some ref in input.refrences
	ref.optional
}

deny contains "field" if input.references[_].nmae == "x"

deny contains "no field" if input.references.name == "x"

deny contains "no object" if input.stage.name == "x"

deny contains "no list" if input.function[0] == input.stage[1]

deny contains "nothing like it" if input.request.user

deny contains "quoted" if input["functoin"].name == "x"

deny contains "selector" if {
	some ref in input.references
	ref.selector.verison == "1"
}

deny contains "get" if {
	object.get(input.function, "regoin", "") == ""
	object.get(input, ["function", "nam"], "") == ""
	object.get(input, ["references", 0, "nmae"], "") == ""
}

not_in_vain if not input.functon.name

deny contains "x" if not_in_vain
