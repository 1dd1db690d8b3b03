package vestry.declare

deny contains "network" if {
	false
	http.send({"method": "get", "url": "https://example.com"}).status_code == 200
}

deny contains "dns" if count(net.lookup_ip_addr("example.com")) == 0

deny contains "process" if opa.runtime().env.PATH == ""

deny contains "deprecated" if any([input.stage == "declare"])
