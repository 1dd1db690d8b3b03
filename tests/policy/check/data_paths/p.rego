package vestry.declare

import data.team
import data.vestry.settngs

deny contains "a misspelt object" if not input.function.name in data.vestry.setings.stages

deny contains "a misspelt field" if data.vestry.settings.stags[_] == "prod"

deny contains "within a text" if data.vestry.settings.owner.name.first == "x"

deny contains "an import" if settngs.stages[_] == "prod"

deny contains "the name that an import gives" if team.lists.aproved[_] == "a"

deny contains "nothing like it" if data.inventory.functions[input.function.name]

deny contains "a rule" if data.vestry.declare.limt > 3

deny contains "in brackets" if data.vestry["settngs"].stages

deny contains "of a test" if data.vestry.declare_test.fixture

deny contains "by not, and near" if not data.vestry.settings.stagse

limit := 3
