# Shared by the rules: what is wrong with a rule's part of data.yaml.
#
# A rule that finds no configuration must refuse; one that stayed silent would allow everything.
package vestry.settings

# The denial where there are no settings at all.
absence := {"id": "settings", "msg": "data.vestry.config has to be an object; correct data.yaml"} if {
	not is_object(data.vestry.config)
}

# The denial of a rule whose fields are not of the kinds it needs; undefined when they are.
fault(id, part, config, kinds) := {"id": id, "msg": msg} if {
	fields := part_of(config, part)
	wrong := [sprintf("%s has to be %s", [field, kind]) |
		some field, kind in kinds
		not is_of_kind(object.get(fields, field, null), kind)
	]
	wrong != []
	msg := sprintf("data.vestry.config.%s cannot be used: %s; correct data.yaml", [part, concat(", ", wrong)])
}

part_of(config, part) := config[part] if is_object(config[part])

else := {}

is_of_kind(value, kind) if {
	kind == "a list of text"
	is_list_of_text(value)
} else if {
	kind == "a list of text, not empty"
	value != []
	not "" in value
	is_list_of_text(value)
} else if {
	kind == "a number of days, 1 to 36500"
	is_between(value, 1, 36500)
} else if {
	kind == "a number of parts, 0 to 15"
	is_between(value, 0, 15)
} else if {
	kind == "a list of {team, functions, names}"
	is_array(value)
	every item in value {
		is_string(item.team)
		is_list_of_text(item.functions)
		is_list_of_text(item.names)
	}
}

is_between(value, least, most) if {
	is_number(value)
	value >= least
	value <= most
}

is_list_of_text(value) if {
	is_array(value)
	every item in value {
		is_string(item)
	}
}
