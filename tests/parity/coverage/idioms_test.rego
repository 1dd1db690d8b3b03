package idioms_test

import data.idioms as p

test_allow if p.allow with input as {"x": 1, "y": 3}

test_not if not p.allow with input as {"x": 3}

test_level if {
	p.level == "c" with input as {"x": 1}
	p.level == "a" with input as {"x": 11}
}

test_f if p.f(2) == "2"

test_s if {
	p.s == {2} with input as {"list": [1, 2]}
}

test_t if count(p.t) == 1 with input.list as [2]

test_m if p.m.a == 2 with input.obj as {"a": 2, "b": 3}

test_w if p.w with input as {}

test_h if not p.helper({"a": 2, "b": 1})
