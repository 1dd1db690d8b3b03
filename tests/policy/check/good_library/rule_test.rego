package vestry.resolve.rule_test

import data.vestry.resolve.rule

deny contains "a mock may have any name"

now := "2026-11-22T12:00:00Z"

test_old_is_denied if {
	references := [{"name": "prod/x", "variable": "X", "found": true, "last_modified": "2020-01-01T00:00:00Z"}]
	count(rule.deny) == 1 with input.references as references with input.now_ns as time.parse_rfc3339_ns(now)
}

test_names_may_be_replaced if {
	count(rule.deny) == 0 with input as {"references": [], "whatever": 1} with data.lib.stages.production as []
		with data.lib.names.production as mock
}

mock(_) := false
