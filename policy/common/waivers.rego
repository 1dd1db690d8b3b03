# Shared by the rules: who is exempt from what, and until when. The groups' `exception` rules ask for `active`.
package vestry.waivers

import data.vestry.settings

fields := ["expires", "function", "owner", "reason", "rule"]

missing(waiver) := [field |
	some field in fields
	not is_filled(waiver, field)
]

is_filled(waiver, field) if {
	is_string(waiver[field])
	trim_space(waiver[field]) != ""
}

# Days are compared as text, so that no date, however it is written, can make the engine fail.
is_day(text) if regex.match(`^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`, text)

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
	is_filled(waiver, "function")
	is_string(input.function.name)
	glob.match(waiver.function, [], input.function.name)
}

# One that names no function could be meant for this one.
concerns(waiver) if not is_filled(waiver, "function")

fault(waiver) := msg if {
	count(missing(waiver)) > 0
	msg := sprintf("it has no %s", [concat(", ", missing(waiver))])
} else := msg if {
	not is_day(waiver.expires)
	msg := "its expires is no day such as 2027-03-31"
} else := msg if {
	waiver.expires <= today
	msg := sprintf("it expired on %s", [waiver.expires])
} else := msg if {
	waiver.expires > latest
	msg := sprintf("it ends on %s, and may end on %s at the latest", [waiver.expires, latest])
} else := null

# What this function is exempt from today, on whose account, why and until when: the decision log shows each as it is.
# Whole names, not suffixes: what is wrong with a rule's settings is said by `deny` under the same id, and stays.
active contains {
	"rule": sprintf("%s_%s", [kind, entry.waiver.rule]),
	"function": input.function.name,
	"owner": entry.waiver.owner,
	"reason": entry.waiver.reason,
	"expires": entry.waiver.expires,
} if {
	some entry in found
	entry.fault == null
	some kind in ["deny", "violation", "warn"]
}
