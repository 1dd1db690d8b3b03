package vestry.resolve

deny contains "store" if {
	some ref in input.references
	ref.store == "secretmanager"
}

deny contains "type" if {
	some ref in input.references
	ref.type != "Secure"
}

deny contains "one of" if input.delivery in ["socket", "fiel"]

deny contains "number" if input.function.memory_mb > "128"

deny contains "text" if input.function.account == 111122223333

deny contains "flag" if input.references[0].optional == "true"

deny contains "list for a text" if input.delivery == ["socket"]

deny contains "text for a list" if input.variables == "DEBUG"

deny contains "set for a list" if input.variables != {"DEBUG"}

deny contains "text for an object" if "3" == input.references[0].selector

deny contains "comprehension" if input.function == [name | some name in input.variables]

deny contains "fine" if {
	input.variables == ["DEBUG"]
	input.references[0].selector == {"version": "3"}
	input.references[0].selector == null
	input.function.account == null
	input.function.memory_mb >= 128
	input.stage = "resolve"
}
