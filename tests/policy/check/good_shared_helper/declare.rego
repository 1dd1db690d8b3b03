package vestry.declare

import data.lib

deny contains "x" if some name in lib.names
