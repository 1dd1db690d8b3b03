package vestry.declare.runtime

import data.vestry.settings
import data.vestry.variables

deny contains settings.fault("forbidden-variables", "forbidden_variables", config, {"names": "a list of text"})

# METADATA
# title: Variables that no function may set
# description: >-
#   One variable can turn off certificate checks in a whole runtime, write its session keys to a file, or load other
#   code into every program. Only names are known to a policy, so the mere presence is refused, whether the variable
#   has its value as it stands or by a reference.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_protect_data_transit_encrypt.html
#     description: Well-Architected SEC09-BP02, Enforce encryption in transit
# custom:
#   severity: critical
deny_forbidden_variables contains {"id": "forbidden-variables", "variable": name, "msg": msg} if {
	some name in input.variables
	variables.is_forbidden(name)
	msg := "this variable may not be set; remove it"
}

deny_forbidden_variables contains {"id": "forbidden-variables", "variable": name, "msg": msg} if {
	some name in variables.referring
	variables.is_forbidden(name)
	msg := "this variable may not be set, not by a reference either; remove it"
}
