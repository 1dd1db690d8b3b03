package vestry.declare

deny contains "good" if input.delivery == "file"

dney contains "misspelt" if input.delivery == "file"

denies contains "another word" if true

Deny contains "another case" if true

violations contains {"msg": "plural"} if true

warning contains "another word" if true

# Used by an entry, so it is a helper.
denied contains name if {
	some ref in input.references
	name := ref.name
}

deny contains sprintf("denied: %s", [name]) if some name in denied
