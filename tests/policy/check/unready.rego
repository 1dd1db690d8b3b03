package vestry.resolve

import data

default limit[input.stage] := 1

default limits[name] := 1

default first[0] := 1

deny contains "x" if data.vestry.resolve.first[0] == 2
