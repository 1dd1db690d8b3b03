package documents_test

import data.documents

test_all if {
	not documents.same_as
	not documents.holds
	not documents.missing
	not documents.not_there
	not documents.by_import
	not documents.by_whole_import
	not documents.by_alias
	not documents.by_place
	not documents.member
	not documents.within
	not documents.begins
	not documents.by_variable
	not documents.of_rule
	not documents.of_package
	not documents.negated
	documents.mocked with data.base.mode as "lax"
	not documents.f("q")
	not documents.g(1)
	not documents.value
	count(documents.head) == 0
	not documents.local
	not documents.flagged
	not documents.element
	not documents.every_one
	documents.two
	not documents.other
	not documents.whole
}
