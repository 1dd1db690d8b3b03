package vestry.asks_test

import data.vestry.asks

test_keys_are_asked_for_where_some_are_approved if {
	asks.kms_keys with data.vestry.config.approved_kms_keys as {"approved": ["alias/prod"]}
}

test_nobody_asks_where_none_is_approved if {
	asks.kms_keys == false with data.vestry.config.approved_kms_keys as {"approved": []}
	asks.kms_keys == false with data.vestry.config.approved_kms_keys as {"approved": "alias/prod"}
	asks.kms_keys == false with data.vestry.config as null
}
