package vestry.declare.delivery_test

import data.vestry.declare.runtime

function(name, secret, way) := {"function": {"name": name}, "references": [{"name": secret}], "delivery": way}

test_the_socket_passes_everywhere if {
	count(runtime.deny_delivery) == 0 with input as function("orders-prod", "prod/db", "socket")
	count(runtime.deny_delivery) == 0 with input as function("orders-dev", "dev/db", "socket")
}

test_a_file_is_refused_in_production if {
	some denial in runtime.deny_delivery with input as function("orders-prod", "db", "file")
	denial.id == "delivery"
	contains(denial.msg, "delivery by file is not allowed in production; use one of socket, exec, none")
	count(runtime.deny_delivery) == 1 with input as function("orders", "/prod/db", "file")
}

test_a_file_passes_elsewhere if {
	count(runtime.deny_delivery) == 0 with input as function("orders-dev", "dev/db", "file")
	count(runtime.deny_delivery) == 0 with input as function(null, "dev/db", "file")
}

test_an_unknown_way_is_refused if {
	some denial in runtime.deny_delivery with input as function("orders", "dev/db", "pigeon")
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
