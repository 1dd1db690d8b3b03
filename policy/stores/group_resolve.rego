# What the rules of this group share: their configuration, and who is exempt from which of them.
package vestry.resolve.stores

import data.vestry.settings
import data.vestry.waivers

config := data.vestry.config if is_object(data.vestry.config)

else := {}

exception contains waiver if some waiver in waivers.active

deny contains settings.absence
