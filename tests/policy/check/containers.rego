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

# Within another, for who goes through that one.
owners.shop.name := "ana" if input.function.name == "shop"

deny contains team if some team, _ in owners

deny contains "nobody" if owners[_] == {}

deny contains "the shop's" if {
	some name in owners.shop
	name == "ben"
}

# Beside rules for every key.
areas[name].stage := "prod" if some name in input.variables

areas.shared contains name if some name in input.variables

deny contains area if some area, _ in areas
