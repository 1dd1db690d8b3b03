package main

deny contains msg if {
	some ref in input.references
	msg := ref.name
}
