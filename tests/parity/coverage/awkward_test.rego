package awkward_test

import data.awkward

shared := {
	"a": 1,
	"b": 2,
	"c": [1],
	"n": 3,
	"x": "b",
	"list": [1, 2, 3],
	"lists": [[1, 2], [3, 0]],
	"object": {"a": 1, "b": 2},
	"pair": [1, 1],
	"path": "/x.b",
	"role": "owner",
	"roles": ["y"],
}

test_one_row if not awkward.one_row with input as shared

test_two if awkward.two_definitions with input as shared

test_same if awkward.same_answer with input as shared

test_other if awkward.other_answer == 2 with input as shared

test_heads if {
	awkward.comprehension_head == [2, 3] with input as shared
	awkward.set_head == set() with input as shared
	awkward.object_head.a == 1 with input as shared
}

test_nested if not awkward.nested with input as shared

test_else if {
	awkward.with_else(50) == "large"
	awkward.with_else(5) == "small"
}

test_constant if awkward.constant(3) == "many"

test_multi if awkward.multi(1, 2) == 3

test_fallback if awkward.fallback(1) == "none"

test_late if {
	awkward.late.a == 1 with input as {}
}

test_partial if awkward.partial.b == 2 with input as shared

test_deep if 2 in awkward.deep.c with input as shared

test_starts if awkward.starts with input as shared

test_member if awkward.member with input as shared

test_negated if not awkward.negated with input as shared

test_with if not awkward.under_with with input as shared

test_unify if not awkward.unify with input as shared

test_object if count(awkward.contains_object) == 2

test_printed if not awkward.printed with input as shared

test_membership if not awkward.membership with input as shared

test_rest if {
	count(awkward.set_of) == 0
	count(awkward.empty) == 0
	awkward.bracket == "b" with input as shared
	awkward.imported
	awkward.object_value.b.c == 3 with input as shared
	awkward.arithmetic == 8 with input as shared
	not awkward.assigned with input as shared
}


test_defaults if {
	awkward.never_used with input as shared
	awkward.often_used == "nothing" with input as shared
	awkward.of_function(1, 2) == 2
	awkward.of_function(3, 2).a == 1
	awkward.constant_default == 2
	awkward.unused_function([3, 4]) == 3
}
