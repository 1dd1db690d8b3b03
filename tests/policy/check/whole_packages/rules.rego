package vestry.declare

import data.lib

# Of a package in two files the engine loses what the second needs.
deny contains "a part" if lib[_].bad

deny contains "the whole" if count(data.lib) == 7

deny contains "below" if data.team[_].names

deny contains "one rule" if lib.names == set()
