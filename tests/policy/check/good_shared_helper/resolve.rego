package vestry.resolve

import data.lib

deny contains "x" if some name in lib.names

deny contains "y" if "String" in lib.types
