package vestry.resolve.found

deny contains "y" if input.function.name == "y"
