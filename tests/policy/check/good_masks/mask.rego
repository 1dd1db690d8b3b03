package system.log

# Here the input is a line of the decision log.
mask contains {"op": "upsert", "path": "/input/function/account", "value": hidden} if input.path == "vestry/resolve"

hidden := sprintf("%s…", [input.labels.function_name])
