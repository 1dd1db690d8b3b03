# The value of a rule under `with`, where nothing needs the rule itself any more.
package vestry.declare

fixture := {"references": [{"name": "/a"}]}

same if count(input.references) == count(fixture.references)

single if count(input.references) == 1

deny contains "a local variable in between" if {
	value := fixture
	not same with input as value
}

deny contains "not needed under it" if not single with input as fixture
