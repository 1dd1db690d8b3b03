package vestry.declare

h(_) := 3

f(_) := 1

same if f(input) == 3

deny contains "another name" if same with data.vestry.declare.f as h

deny contains "its own name" if same with f as 3

g(_) := 1

whole if data.vestry.declare.g(input) == 3

deny contains "a shorter name" if whole with g as h

deny contains "the whole name" if whole with data.vestry.declare.g as h
