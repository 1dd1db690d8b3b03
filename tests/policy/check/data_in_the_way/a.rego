package vestry.declare

limit := 1

deny contains "x" if limit > data.missing
