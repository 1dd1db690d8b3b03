package vestry.declare

import input.function as fn
import input.refernces

refs := input.references

all contains ref if some ref in refs

names := [ref.nam | some ref in all]

deny contains "import" if fn.nme == "x"

deny contains "imported" if refernces[0]

deny contains "rule" if refs[_].optionl

deny contains "every" if {
	every ref in refs { ref.sotre == "ssm" }
}

deny contains "variable" if {
	ref := input.references[_]
	again := ref
	again.selctor.stage == "x"
}

deny contains "comprehension" if {
	optional := [ref | some ref in refs; ref.optional]
	optional[_].keyy == "x"
}

deny contains "argument" if {
	some ref in refs
	is_tree(ref)
}

is_tree(reference) if endswith(reference.nmae, "/*")

deny contains "order" if {
	late.stroe == "x"
	late = input.references[0]
}

deny contains "names" if "x" in names

# Called with what is no part of the input as well, so it is left alone.
get(object) := object.whatever

deny contains "get" if {
	some ref in refs
	get(ref) == get({"whatever": 1})
}
