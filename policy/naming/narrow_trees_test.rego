package vestry.declare.narrow_trees_test

import data.vestry.declare.naming

# What it is set with here, whatever data.yaml says.
settings := {"parts": 2, "exempt": []}

denied(document) := said if {
	said := naming.deny_narrow_trees with input as document
		with data.vestry.config.narrow_trees as settings
}

tree(name) := {"references": [{"variable": null, "name": name}]}

test_a_narrow_tree_passes if {
	count(denied(tree("/prod/shop/*"))) == 0
	count(denied(tree("/prod/shop/flags/*"))) == 0
}

test_a_wide_tree_is_refused if {
	some denial in denied(tree("/prod/*"))
	denial.id == "narrow-trees"
	contains(denial.msg, "/prod/* reaches too far: a tree has at least 2 parts")
}

test_the_root_is_the_widest if {
	count(denied(tree("/*"))) == 1
	count(denied(tree("//*"))) == 1
}

test_a_single_name_is_no_tree if {
	count(denied(tree("/db"))) == 0
}

test_exempt_trees_may_be_wide if {
	count(naming.deny_narrow_trees) == 0 with input as tree("/shared/*")
		with data.vestry.config.narrow_trees.exempt as ["/shared/*"]
}

test_a_number_written_as_text_is_refused if {
	some denial in naming.deny with input as tree("/prod/*")
		with data.vestry.config.narrow_trees as {"parts": "2", "exempt": []}
	contains(denial.msg, "parts has to be a number of parts, 0 to 15")
}
