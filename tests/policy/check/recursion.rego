package vestry.declare

deny contains "itself" if count(deny) > 3

a if b

b if not c

c if { every x in [1] { a; x } }

factorial(n) := n * factorial(n - 1)

warn contains msg if {
	some name
	msg := data.vestry.declare[name]
}

fine := data.lib[_].limit
