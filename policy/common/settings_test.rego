package vestry.settings_test

import data.vestry.declare.naming
import data.vestry.declare.runtime
import data.vestry.declare.stores as asked
import data.vestry.declare.values
import data.vestry.declare.waivers
import data.vestry.resolve.runtime as ran
import data.vestry.resolve.stores
import data.vestry.resolve.values as resolved

everything := [naming.deny, runtime.deny, asked.deny, values.deny, waivers.deny, ran.deny, stores.deny, resolved.deny]

test_as_shipped_nothing_is_wrong if {
	every denials in everything {
		count(denials) == 0
	}
}

test_without_configuration_every_group_refuses if {
	count(naming.deny) == 3 with data.vestry.config as {}
	count(runtime.deny) == 5 with data.vestry.config as {}
	count(values.deny) == 4 with data.vestry.config as {}
	count(waivers.deny) == 1 with data.vestry.config as {}
	count(asked.deny) == 1 with data.vestry.config as {}
	count(ran.deny) == 1 with data.vestry.config as {}
	count(stores.deny) == 2 with data.vestry.config as {}
	count(resolved.deny) == 4 with data.vestry.config as {}
}

test_configuration_of_another_kind_is_refused if {
	every wrong in ["prod", 1, null, ["prod"]] {
		some denial in naming.deny with data.vestry.config as wrong
		contains(denial.msg, "data.vestry.config.stage_path cannot be used: stages has to be a list of text, not empty")
		count(runtime.deny) == 5 with data.vestry.config as wrong
		count(values.deny) == 4 with data.vestry.config as wrong
		count(waivers.deny) == 1 with data.vestry.config as wrong
		count(asked.deny) == 1 with data.vestry.config as wrong
		count(ran.deny) == 1 with data.vestry.config as wrong
		count(stores.deny) == 2 with data.vestry.config as wrong
		count(resolved.deny) == 4 with data.vestry.config as wrong
	}
}

test_text_instead_of_a_list_is_refused if {
	some denial in naming.deny with data.vestry.config.stage_path as {"stages": "prod"}
	contains(denial.msg, "stages has to be a list of text, not empty")
}

test_a_list_of_anything_else_is_refused if {
	every wrong in [[1], ["prod", null], [["prod"]]] {
		count(naming.deny) == 1 with data.vestry.config.stage_path as {"stages": wrong}
	}
}

test_every_wrong_field_is_named if {
	some denial in stores.deny with data.vestry.config.own_account as {"accounts": "1", "regions": 2}
	contains(denial.msg, "accounts has to be a list of text, regions has to be a list of text; correct data.yaml")
}
