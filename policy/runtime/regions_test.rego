package vestry.declare.regions_test

import data.vestry.declare.runtime

function(region, arn) := {"function": {"region": region}, "references": [{"variable": "V", "arn": arn}]}

ireland := "arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db"

test_an_approved_region_passes if {
	count(runtime.deny_regions) == 0 with input as function("eu-west-1", ireland)
		with data.vestry.config.regions.approved as ["eu-*"]
	count(runtime.deny_regions) == 0 with input as function("eu-west-1", null)
		with data.vestry.config.regions.approved as ["eu-west-1"]
}

test_a_function_elsewhere_is_refused if {
	some denial in runtime.deny_regions with input as function("us-east-1", null)
		with data.vestry.config.regions.approved as ["eu-*"]
	denial.id == "regions"
	contains(denial.msg, "the function is in region us-east-1, which is not approved")
}

test_a_reference_elsewhere_is_refused_with_its_variable if {
	some denial in runtime.deny_regions with input as function("us-east-1", ireland)
		with data.vestry.config.regions.approved as ["us-*"]
	denial.variable == "V"
	contains(denial.msg, "is in region eu-west-1, which is not approved")
}

in_manifest(region) := {"function": {"region": "eu-west-1"}, "references": [{
	"variable": "V",
	"name": "/shared/key",
	"arn": null,
	"region": region,
}]}

test_a_region_of_the_manifest_is_held_to_the_list if {
	count(runtime.deny_regions) == 0 with input as in_manifest("eu-central-1")
		with data.vestry.config.regions.approved as ["eu-*"]
	some denial in runtime.deny_regions with input as in_manifest("us-east-1")
		with data.vestry.config.regions.approved as ["eu-*"]
	denial.id == "regions"
	denial.variable == "V"
	contains(denial.msg, "/shared/key is asked for in region us-east-1, which is not approved")
}

test_a_region_that_is_not_told_yet_is_judged_at_resolve if {
	count(runtime.deny_regions) == 0 with input as function(null, null)
		with data.vestry.config.regions.approved as ["eu-*"]
}

test_a_star_approves_every_region if {
	count(runtime.deny_regions) == 0 with input as function("ap-south-1", ireland)
		with data.vestry.config.regions.approved as ["*"]
}

test_no_region_at_all_is_no_configuration if {
	some denial in runtime.deny with input as function("eu-west-1", null)
		with data.vestry.config.regions as {"approved": []}
	contains(denial.msg, "approved has to be a list of text, not empty")
}
