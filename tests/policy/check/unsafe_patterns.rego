package vestry.declare

# None of these gives a variable a value.
deny contains x if [x] = "a"

deny contains x if {"a": x} = [1]

deny contains x if [x, "b"] = ["a"]

deny contains x if {"a": x} = {y | some y in [1]}
