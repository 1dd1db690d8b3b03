package vestry.declare

# The engine finds nothing by a walk within an expression.
deny contains "a name" if count([path | path := walk(input)[0]]) > 100

# It forgets what is said of every key where one key has rules of its own.
limits[stage].days := 30 if some stage in ["dev", "test"]

limits.prod.days := 365

deny contains "a limit" if limits.prod.days > 400
