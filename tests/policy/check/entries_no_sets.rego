package vestry.resolve.shapes

deny if input.stage == "resolve"

warn := ["a list"]

violation[id] := "an object" if some id in ["x"]

deny_region(name) := name

deny_age := "one message"

exception := [["age"]]
