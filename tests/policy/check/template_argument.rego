package vestry.declare.template_argument

named($"{input.delivery}") := 1

deny contains "named" if named("file") == 1
