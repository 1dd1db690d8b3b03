package vestry.declare

limits := {"a": 1}

deny contains "x" if limits.a > 2
