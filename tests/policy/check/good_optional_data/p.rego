package vestry.declare

default limit := 30

limit := data.vestry.settings.limit

owner := data.vestry.settings.owner if true

else := "nobody"

rate := data.vestry.settings.rate

rate := 1 if not data.vestry.settings.rate

deny contains "turned on" if not data.vestry.settings.disabled

deny contains "by object.get" if object.get(data.vestry.settings, ["more", "still"], false)

deny contains "what a test brings" if data.inventory.functions[input.function.name]

deny contains "by a name" if data.vestry.settings[input.function.name].x

deny contains "OPA's own" if data.system.bundles.x

deny contains "within a rule" if table.a.b > limit * rate

deny contains owner if data.vestry.declare.table.c.b == 2

table[key] := {"b": 1} if some key in ["a", "c"]
