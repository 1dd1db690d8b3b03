package vestry.declare

deny contains "no" if {
	not "prod" in data.stages
	some waiver in data.waivers
	waiver.rule == data.lib.text
	data.teams.a.x == data.lib.a.b
	data.lib.d[_].a == 2
}
