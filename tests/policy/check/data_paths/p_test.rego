package vestry.declare_test

fixture := {"stage": "declare"}

test_misspelt if data.vestry.declare.denyy with input as fixture
