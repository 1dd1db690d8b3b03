# METADATA
# title: what may be an element
# scope: subpackages
# authors: [Ada Lovelace <ada@example.org>]
package vestry.declare.elements

# METADATA
# title: texts
# custom: {severity: high}
# severity: high
deny contains "a text" if input.delivery == "file"

deny contains sprintf("%s", [input.delivery]) if input.delivery == "file"

deny contains {"msg": msg} if msg := input.delivery

deny contains {"msg": "no", name: 1} if some name in input.variables

deny contains found if {
	some found in [{"msg": "a"}, {"msg": "b"}]
}

warn := {{"msg": name} | some name in input.variables}

exception contains ["stage", ""]

exception contains waiver if some waiver in []
