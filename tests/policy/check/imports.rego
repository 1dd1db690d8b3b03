package vestry.declare

import data.lib.names
import data.other.names
import data.lib.stages as st
import data.lib.unused
import data.lib.input
import rego.v2
import future.keywords.unless
import future.keywords.in

deny contains "x" if names.is_prod == st.all
