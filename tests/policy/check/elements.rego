package vestry.declare.elements

deny contains 1 if input.delivery == "file"

deny contains {"message": "no"} if input.delivery == "file"

deny contains {"id": "E-1", "msg": ["no"]} if input.delivery == "file"

deny contains found if {
	input.delivery == "file"
	found := {"id": "E-2"}
}

violation := {null}

warn := {[name] | some name in input.variables}

exception contains "stage"

exception contains ["stage", 3]
