package lib

names contains ref.name if {
	some ref in input.references
	not ref.found
}

types contains ref.type if some ref in input.references
