# Shared by the rules: who is exempt from what, and until when. The groups' `exception` rules ask for `active`.
package vestry.waivers

import data.vestry.settings

needed := ["expires", "function", "owner", "reason", "rule"]

# The first two narrow a waiver to what is said of one variable or one reference, the others are for the log.
optional := ["variable", "reference", "approved_by", "ticket"]

# Rules that warn. Every other one denies.
warning := {"pinned", "rotation"}

# A rule has the name of its part of data.yaml, and goes with it.
rules contains name if {
	is_object(data.vestry.config)
	some name, _ in data.vestry.config
	not name in {"production", "waivers"}
}

# What a waiver of `stage_path`, of `stage-path` (its id) or of `deny_stage_path` is of, as Vestry knows the rules. Whole
# names, not suffixes: what is wrong with a rule's settings is said by `deny` under the same id, and stays.
waived(rule) := {sprintf("%s_%s", [kind, name]) | some kind in ["deny", "violation", "warn"]} if {
	name := replace(rule, "-", "_")
	name in rules
} else := {rule} if {
	some name in rules
	rule == whole(name)
}

whole(name) := sprintf("warn_%s", [name]) if name in warning

else := sprintf("deny_%s", [name])

is_filled(waiver, field) if {
	is_string(waiver[field])
	trim_space(waiver[field]) != ""
}

# Days are compared as text, so that no date, however it is written, can make the engine fail.
is_day(text) if regex.match(`^20[0-9]{2}-((0[1-9]|1[0-2])-(0[1-9]|[12][0-9])|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31)$`, text)

# A function's name, or one with `*`, `?`, `{a,b}` and `[a-z]` in it: of any other glob matching would be an error, and every
# function refused for one waiver.
is_glob(text) if {
	regex.match(`^([A-Za-z0-9_*?-]|\{[A-Za-z0-9_*?-]+(,[A-Za-z0-9_*?-]+)*\}|\[!?([A-Za-z0-9_]|a-z|A-Z|0-9)+\])+$`, text)
}

# As Vestry takes them: a reference may be an ARN, and what is longer fits no line of the decision log.
most(field) := 2048 if field == "reference"

else := 1000

today := substring(input.now, 0, 10)

latest := sprintf("%04d-%02d-%02d", time.date(time.add_date(input.now_ns, 0, 0, floor(days)))) if {
	days := data.vestry.config.waivers.max_days
	settings.is_of_kind(days, "a number of days, 1 to 36500")
}

# Every waiver that names this function, with what is wrong with it, or null.
found contains {"waiver": waiver, "fault": fault(waiver)} if {
	is_array(data.waivers)
	some waiver in data.waivers
	concerns(waiver)
}

concerns(waiver) if {
	names_functions(waiver)
	is_string(input.function.name)
	glob.match(waiver.function, [], input.function.name)
}

# One that names no function could be meant for this one.
concerns(waiver) if not names_functions(waiver)

names_functions(waiver) if {
	is_filled(waiver, "function")
	is_glob(waiver.function)
}

fault(waiver) := concat(", ", faults) if {
	faults := [msg |
		some about in ["missing", "empty", "unknown", "long", "rule", "function", "end"]
		msg := fault_of(about, waiver)
	]
	faults != []
} else := null

fault_of("missing", waiver) := sprintf("it has no %s", [concat(", ", missing)]) if {
	missing := [field | some field in needed; not is_filled(waiver, field)]
	missing != []
}

# An empty `variable` would be none, and the waiver one of all variables.
fault_of("empty", waiver) := sprintf("its %s is no text, or empty", [concat(", ", empty)]) if {
	empty := [field | some field in optional; _ = waiver[field]; not is_filled(waiver, field)]
	empty != []
}

# So would a misspelt one.
fault_of("unknown", waiver) := msg if {
	is_object(waiver)
	known := array.concat(needed, optional)
	unknown := [sprintf("%v", [key]) | some key, _ in waiver; not key in known]
	unknown != []
	msg := sprintf("unknown key %s (the keys are %s)", [concat(", ", unknown), concat(", ", known)])
}

fault_of("long", waiver) := sprintf("its %s is longer than it may be", [concat(", ", long)]) if {
	long := [field |
		some field in array.concat(needed, optional)
		is_filled(waiver, field)
		count(waiver[field]) > most(field)
	]
	long != []
}

fault_of("function", waiver) := "its function is neither a name nor a glob such as legacy-*" if {
	is_filled(waiver, "function")
	not is_glob(waiver.function)
}

fault_of("rule", waiver) := sprintf("no rule has that name (the rules are %s)", [concat(", ", sort(rules))]) if {
	is_filled(waiver, "rule")
	not waived(waiver.rule)
}

fault_of("end", waiver) := msg if {
	is_filled(waiver, "expires")
	not is_day(waiver.expires)
	msg := "its expires is no day such as 2027-03-31"
} else := msg if {
	is_filled(waiver, "expires")
	waiver.expires <= today
	msg := sprintf("it expired on %s", [waiver.expires])
} else := msg if {
	is_filled(waiver, "expires")
	waiver.expires > latest
	msg := sprintf("it ends on %s, and may end on %s at the latest", [waiver.expires, latest])
}

# What this function is exempt from today, on whose account, why and until when: the decision log shows each as it is.
# All that narrows a waiver goes with it, for Vestry to hold against what is said.
active contains object.union(entry.waiver, {"rule": rule, "function": input.function.name}) if {
	some entry in found
	entry.fault == null
	some rule in waived(entry.waiver.rule)
}
