package vestry.declared.stage

deny contains "never asked for" if input.stage == "declare"

warn contains "nor this" if true

deny_region contains "nor this"
