package vestry.declare.delivery_test

import data.vestry.declare.delivery

function(name, secret, way) := {"function": {"name": name}, "references": [{"name": secret}], "delivery": way}

test_the_socket_passes_everywhere if {
	count(delivery.deny) == 0 with input as function("orders-prod", "prod/db", "socket")
	count(delivery.deny) == 0 with input as function("orders-dev", "dev/db", "socket")
}

test_a_file_is_refused_in_production if {
	some denial in delivery.deny with input as function("orders-prod", "db", "file")
	denial.id == "delivery"
	contains(denial.msg, "delivery by file is not allowed in production; use one of socket, exec, none")
	count(delivery.deny) == 1 with input as function("orders", "/prod/db", "file")
}

test_a_file_passes_elsewhere if {
	count(delivery.deny) == 0 with input as function("orders-dev", "dev/db", "file")
	count(delivery.deny) == 0 with input as function(null, "dev/db", "file")
}

test_an_unknown_way_is_refused if {
	some denial in delivery.deny with input as function("orders", "dev/db", "pigeon")
	contains(denial.msg, "delivery by pigeon is not allowed here")
}

test_missing_configuration_is_refused if {
	some denial in delivery.deny with input as function("orders", "dev/db", "socket")
		with data.vestry.config.delivery as {"production": ["prod"], "elsewhere": ["socket"]}
	contains(denial.msg, "needs production, in_production and elsewhere")
}
