package vestry.production_test

import data.vestry.production

function(name) := {"function": {"name": name}}

test_the_functions_name_tells if {
	every name in ["orders-prod", "prod_orders"] {
		production.function with input as function(name) with data.vestry.config.production.names as ["prod"]
	}
	every name in ["orders-dev", "orders-production", null] {
		not production.function with input as function(name) with data.vestry.config.production.names as ["prod"]
	}
}

test_so_does_the_references_own if {
	production.reference({"name": "/prod/db"}) with input as function(null)
		with data.vestry.config.production.names as ["prod"]
	production.reference({"name": "/db"}) with input as function("orders-prod")
		with data.vestry.config.production.names as ["prod"]
	not production.reference({"name": "/db"}) with input as function("orders-dev")
		with data.vestry.config.production.names as ["prod"]
}
