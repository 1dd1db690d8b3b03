"""A runtime for the emulator's own tests: the event says what it does."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

API = "http://%s/2018-06-01/runtime/" % os.environ["AWS_LAMBDA_RUNTIME_API"]


def post(path, body, error_type=None):
    headers = {"Lambda-Runtime-Function-Error-Type": error_type} if error_type else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(API + path, json.dumps(body).encode(), headers)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


print(json.dumps({"argv": sys.argv, "variables": sorted(os.environ)}), flush=True)
if os.environ.get("FUNCTION") == "init-error":
    post("init/error", {"errorMessage": "no module", "errorType": "ImportError"}, "Runtime.ImportError")
    sys.exit(1)
if os.environ.get("FUNCTION") == "exit":
    sys.exit(5)
while True:
    with urllib.request.urlopen(API + "invocation/next") as answer:
        event, request = json.load(answer), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    here = "invocation/%s/" % request
    do = event.get("do") if isinstance(event, dict) else None
    if do == "crash":
        sys.exit(9)
    elif do == "sleep":
        time.sleep(60)
    elif do == "error":
        post(here + "error", {"errorMessage": "bad", "errorType": "Bad"}, "Function.Bad")
    elif do == "misbehave":
        wrong = [post("invocation/nope/response", 1), post("init/error", {})]
        post(here + "response", wrong)
        print("second answer:", post(here + "response", 2), flush=True)
    else:
        print("event", json.dumps(event), file=sys.stderr, flush=True)
        post(here + "response", {"got": event})
