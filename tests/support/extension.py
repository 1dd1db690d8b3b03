#!/usr/bin/env python3
"""An extension for the emulator's own tests: what it does is in EXTENSION, what it sees it prints as JSON lines."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

API = "http://%s/2020-01-01/extension/" % os.environ["AWS_LAMBDA_RUNTIME_API"]
NAME = os.path.basename(sys.argv[0])
MODE = os.environ.get("EXTENSION", "")


def say(**what):
    print(json.dumps(what), flush=True)


def call(method, path, body=None, **headers):
    headers = {"Lambda-Extension-" + name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(API + path, None if body is None else json.dumps(body).encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.load(error)


def main():
    tmp = os.environ["MARKER"]
    say(event="start", variables=sorted(os.environ), attempt="second" if os.path.exists(tmp) else "first")
    first = not os.path.exists(tmp)
    open(tmp, "w").close()
    if MODE == "hang" or (MODE == "hang-once" and first):
        time.sleep(60)
    if MODE == "exit":
        sys.exit(7)
    name = "somebody-else" if MODE == "misnamed" else NAME
    events = ["BOGUS"] if MODE == "bogus" else ["SHUTDOWN"] + (["INVOKE"] if MODE == "invoke" else [])
    status, headers, body = call("POST", "register", {"events": events}, Name=name, Accept_Feature="accountId")
    say(event="register", status=status, body=body)
    if status != 200:
        sys.exit(1)
    me = headers["Lambda-Extension-Identifier"]
    if MODE == "refuse" or (MODE == "refuse-once" and first):
        error = {"errorMessage": "because", "errorType": "Test.Refused", "stackTrace": []}
        status, _, _ = call("POST", "init/error", error, Identifier=me, Function_Error_Type="Test.Refused")
        say(event="init/error", status=status)
        sys.exit(1)
    while True:
        status, _, body = call("GET", "event/next", Identifier=me)
        say(event="next", status=status, body=body)
        if body.get("eventType") == "SHUTDOWN":
            if MODE == "stubborn":
                time.sleep(60)
            break


main()
