# What the rules of this group share: their configuration, and who is exempt from which of them.
package vestry.resolve.stores

import data.vestry.waivers

config := data.vestry.config if is_object(data.vestry.config)

else := {}

exception contains [rule] if some rule in waivers.active

# With a part that cannot be used the rules are silent: `deny` refuses in their place, and says what is wrong.
configured if count(deny) == 0
