package vestry.declare

limit := {"max": 3}

deny contains "partly" if fine with data.vestry.declare.limit.max as 1

deny contains "nothing" if fine with inptu.references as []

deny contains "input" if fine with input.refrences as []

fine if count(input.references) > limit.max
