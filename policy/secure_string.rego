# METADATA
# title: Parameters are SecureString
# description: A parameter of another type is neither encrypted under a key nor kept out of the console's history.
package vestry.resolve.secure_string

config := data.vestry.config.secure_string

configured if is_array(config.plain)

may_be_plain(name) if {
	some pattern in config.plain
	glob.match(pattern, ["/"], name)
}

deny contains {
	"id": "secure-string",
	"msg": "data.vestry.config.secure_string.plain is missing; list the names that may be plain text, or []",
} if not configured

deny contains {"id": "secure-string", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	reference.store == "ssm"
	reference.found
	reference.type != "SecureString"
	not may_be_plain(reference.name)
	msg := sprintf("%s is a %v; put it again as SecureString", [reference.name, reference.type])
}
