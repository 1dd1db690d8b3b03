"""A Lambda runtime in a few lines, standard library only: python3 runtime.py app.handler

Lambda's own is the package awslambdaric; this one makes the example run on any machine with Python.
"""

import importlib
import json
import os
import sys
import time
import traceback
import urllib.request

API = "http://%s/2018-06-01/runtime/" % os.environ["AWS_LAMBDA_RUNTIME_API"]
# A proxy of the environment is not for the sandbox's own API.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self.deadline_ms - int(time.time() * 1000))


def main():
    # A function's log is seen as it happens.
    sys.stdout.reconfigure(line_buffering=True)
    try:
        handler = load(sys.argv[1] if len(sys.argv) > 1 else os.environ["_HANDLER"])
    except Exception as error:
        post("init/error", described(error))
        raise
    while True:
        with OPENER.open(API + "invocation/next") as answer:
            event, context = json.load(answer), Context(answer.headers)
        invocation = "invocation/%s/" % context.aws_request_id
        try:
            result = handler(event, context)
        except Exception as error:
            traceback.print_exc()
            post(invocation + "error", described(error))
        else:
            post(invocation + "response", result)


def load(name):
    """`app.handler` is `handler` of app.py, in this directory or in the task root."""
    sys.path.insert(0, os.environ.get("LAMBDA_TASK_ROOT", "."))
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def described(error):
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def post(path, body):
    request = urllib.request.Request(API + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    if isinstance(body, dict) and "errorType" in body:
        request.add_header("Lambda-Runtime-Function-Error-Type", "Function." + body["errorType"])
    OPENER.open(request).close()


if __name__ == "__main__":
    main()
