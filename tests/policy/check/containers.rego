package vestry.declare

# With OPA an empty object where there is none.
approved[name].since := "today" if some name in input.variables

deny contains "nobody" if count(approved) == 0

limits.days := 30 if input.function.name == "orders"

deny contains "no limits" if not limits

# Always there, or gone through.
settings.days := 30

settings.hours := 1 if input.function.name == "orders"

deny contains "settings" if count(settings) == 0

deny contains name if some name, _ in approved

deny contains name if approved[name].since == "yesterday"
