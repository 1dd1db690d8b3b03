package vestry.declare.limits

b := 1
