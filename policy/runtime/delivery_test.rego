package vestry.declare.delivery_test

import data.vestry.declare.runtime

# What it is set with here, whatever data.yaml says.
settings := {"in_production": ["socket", "exec", "none"], "elsewhere": ["socket", "exec", "file", "none"]}

denied(document) := said if {
	said := runtime.deny_delivery with input as document
		with data.vestry.config.delivery as settings
		with data.vestry.config.production.names as ["prod", "live"]
}

function(name, secret, way) := {"function": {"name": name}, "references": [{"name": secret}], "delivery": way}

test_the_socket_passes_everywhere if {
	count(denied(function("orders-prod", "prod/db", "socket"))) == 0
	count(denied(function("orders-dev", "dev/db", "socket"))) == 0
}

test_a_file_is_refused_in_production if {
	some denial in denied(function("orders-prod", "db", "file"))
	denial.id == "delivery"
	contains(denial.msg, "delivery by file is not allowed in production; use one of socket, exec, none")
	count(denied(function("orders", "/prod/db", "file"))) == 1
}

test_a_file_passes_elsewhere if {
	count(denied(function("orders-dev", "dev/db", "file"))) == 0
	count(denied(function(null, "dev/db", "file"))) == 0
}

test_an_unknown_way_is_refused if {
	some denial in denied(function("orders", "dev/db", "pigeon"))
	contains(denial.msg, "delivery by pigeon is not allowed here")
}

test_missing_configuration_is_refused if {
	some denial in runtime.deny with input as function("orders", "dev/db", "socket")
		with data.vestry.config.delivery.in_production as null
	contains(denial.msg, "data.vestry.config.delivery cannot be used: in_production has to be a list of text")
}

test_production_is_configured_once if {
	some denial in runtime.deny with input as function("orders-dev", "dev/db", "socket")
		with data.vestry.config.production as null
	contains(denial.msg, "production cannot be used: names has to be a list of text, not empty")
}
