package vestry.declare

forbidden := {"/prod/root"}

deny contains "negated" if {
	not input.references[i].optional
}

deny contains "any" if {
	not input.references[_].optional
}

deny contains "misspelt" if {
	some ref in input.references
	ref.name in forbiden
}

deny contains msg if {
	some ref in input.references
	ref.optional
}

deny contains "never bound" if x == y

deny contains "each other" if {
	a = b
	b = a
}

deny contains "argument" if is_prod(name)

is_prod(_) := stag

deny contains "keyword" if {
	ref in input.references
	ref.optional
}

deny contains "function" if input.stage == count

deny contains "else" if other

other := 1 if {
	local := input.stage
	local == "declare"
} else := local
