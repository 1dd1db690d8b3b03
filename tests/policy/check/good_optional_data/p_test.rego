package vestry.declare_test

import data.vestry.declare

test_inventory if {
	"what a test brings" in declare.deny with input as {"function": {"name": "f"}}
		with data.inventory as {"functions": {"f": {}}}
}
