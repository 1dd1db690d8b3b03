package vestry.declare.socket_only

deny contains {"id": "socket-only", "msg": "values may not be written to a file"} if input.delivery == "file"
