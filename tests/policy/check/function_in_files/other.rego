package vestry.declare

# The engine would hold the arguments of the one against what stands in the other.
days(stage) := 90 if stage != "prod"

hours(stage) := 1 if stage == "dev"

deny contains "hours" if hours("dev") > 24
