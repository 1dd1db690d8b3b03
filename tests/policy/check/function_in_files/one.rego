package vestry.declare

days("prod") := 30

hours(_) := 24 if input.stage == "declare"

deny contains "days" if days("dev") > 30
