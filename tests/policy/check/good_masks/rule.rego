package vestry.declare

deny contains "a file" if input.delivery == "file"
