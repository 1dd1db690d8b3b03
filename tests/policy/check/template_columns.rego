package vestry.declare.template_columns

deny contains $"{nowhere(1)} is denied" if input.delivery == "file"

deny contains $"{input.delivery} and more" if input.delivry == "file"

deny contains $"{unbound}" if input.delivery == "file"
