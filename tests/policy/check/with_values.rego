package vestry.declare

fixture := {"references": [{"name": "/a"}]}

same if count(input.references) == count(fixture.references)

deny contains "needed under it" if same with input as fixture

deny contains "within what is written" if {
	same with input as object.union(fixture, {"variables": []})
}

deny contains "behind another" if behind with input as fixture

behind if same
