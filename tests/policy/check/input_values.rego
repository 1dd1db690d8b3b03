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

deny contains "fine" if {
	input.function.account == null
	input.function.memory_mb >= 128
	input.stage = "resolve"
}
