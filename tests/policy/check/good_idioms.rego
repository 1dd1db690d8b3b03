# What people write who know OPA: nothing of it is found fault with.
package vestry.declare.idioms

import data.vestry.config
import input.function as fn

default stage := "dev"

stage := part if {
	is_string(fn.name)
	some part in split(fn.name, "-")
	part in {"dev", "test", "prod"}
} else := "none" if {
	fn.version == "$LATEST"
}

names contains ref.name if some ref in input.references

by_store[store] contains ref.name if {
	some ref in input.references
	store := ref.store
}

owner.of[name] := team if {
	some team, prefixes in config.teams
	some prefix in prefixes
	some name in names
	startswith(name, prefix)
}

segments(name) := parts if {
	parts := [part | some part in split(name, "/"); part != ""]
	count(parts) > 0
}

depth(_) := 0 if count(input.references) == 0

else := count(segments(name)) if {
	name := sort(names)[0]
}

first_or([x], _) := x if x != null

first_or([], fallback) := fallback

is_tree(name) if endswith(name, "/*")

deny contains msg if {
	some i
	ref := input.references[i]
	not is_tree(ref.name)
	ref.selector.stage in {"AWSPENDING", "AWSPREVIOUS"}
	[head, tail] := [ref.name, sprintf("#%d", [i])]
	msg := concat(" ", [head, tail, object.get(ref, "arn", "-")])
}

deny contains {"msg": msg, "id": "depth", "variable": reference.variable} if {
	some reference in input.references
	every part in segments(reference.name) {
		count(part) < 64
	}
	depth(reference.name) > 9
	{"a": shallow} = {"a": count(names) - 1}
	shallow > 0
	msg := sprintf("%s is deep", [reference.name])
}

violation contains {"msg": "too many of one store"} if {
	totals := {store: count(all) | some store, all in by_store}
	some total in totals
	total > 100
	not input.delivery == "none"
}

warn contains msg if {
	walk(input.function, [path, value])
	is_string(value)
	contains(value, " ")
	msg := sprintf("a blank in %s of %s at %s", [concat(".", path), stage, input.now])
}

warn contains "first" if first_or([owner.of[_]], "") == "nobody"

deny_age contains "old" if {
	time.parse_rfc3339_ns(input.now) - input.now_ns > 0
}

exception contains ["age"] if fn.name == "legacy"
