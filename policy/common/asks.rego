# Which keys values are encrypted under is asked of the stores only where a rule reads it, and not even then where this says
# false: it takes calls and permissions of its own, and with no approved key nobody needs to know.
package vestry.asks

default kms_keys := false

kms_keys if {
	is_array(data.vestry.config.approved_kms_keys.approved)
	data.vestry.config.approved_kms_keys.approved != []
}
