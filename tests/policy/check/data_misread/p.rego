package vestry.declare

deny contains "x" if not input.function.account in data.vestry.config.accounts
