package vestry.resolve.runtime

import data.vestry.settings
import data.vestry.variables

deny contains settings.fault("forbidden-variables", "forbidden_variables", config, {"names": "a list of text"})

# METADATA
# title: Variables that no function may set, by what the stores hold
# description: >-
#   A tree and the keys of a secret become variables whose names only the answers tell, and whoever may write there
#   chooses them. They are refused as those that are declared are; nothing is delivered.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_protect_data_transit_encrypt.html
#     description: Well-Architected SEC09-BP02, Enforce encryption in transit
# custom:
#   severity: critical
deny_forbidden_variables contains {"id": "forbidden-variables", "variable": name, "msg": msg} if {
	some name in variables.referring
	variables.is_forbidden(name)
	msg := "this variable may not be set; rename or remove what it comes of, in the store or where it is declared"
}
