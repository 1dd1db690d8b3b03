package vestry.declare.a

import data.lib.b

deny contains "a" if b.limit(1) > 2
