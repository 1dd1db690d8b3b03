"""A store that holds every call against a policy document, as AWS does: actions, resources and KMS's conditions.

It stands in front of moto, whose own enforcement knows neither resources nor conditions. Nothing of it is Vestry's.
"""

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.stores import ACCOUNT, REGION, Stores

SERVICES = {"AmazonSSM": "ssm", "secretsmanager": "secretsmanager"}


# The key of Stores.env.
OWN = "AKIAIOSFODNN7EXAMPLE"
EVERYTHING = {"Statement": [{"Action": "*", "Resource": "*"}]}


def allowing(*actions: str) -> dict:
    return {"Statement": [{"Action": list(actions), "Resource": "*"}]}


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def allows(document: dict, action: str, resource: str, context: dict[str, str]) -> bool:
    """Whether any statement allows it; these documents deny nothing."""
    return any(
        any(fnmatchcase(action.lower(), pattern.lower()) for pattern in listed(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in listed(statement["Resource"]))
        and all(
            key in context and any(compare(operator, context[key], value) for value in listed(values))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
        for statement in document["Statement"]
    )


def compare(operator: str, value: str, pattern: str) -> bool:
    return {"StringEquals": value == pattern, "StringLike": fnmatchcase(value, pattern)}[operator]


class Enforced:
    """`stores`, where what is encrypted is under a key of the account's own; only `document` gives any permission."""

    def __init__(self, stores: Stores, document: dict):
        self.stores, self.document = stores, document
        self.calls: list[str] = []
        # The names of the secrets whose values left, and the answers that were decrypted.
        self.secrets_fetched: set[str] = set()
        self.decryptions = 0
        enforced = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = enforced.answer(dict(self.headers), body)
                self.send_response(status)
                self.send_header("Content-Type", "text/xml" if answer.startswith(b"<") else "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def env(self) -> dict[str, str]:
        return {**self.stores.env(), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._server.server_address[1]}"}

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if OWN not in headers.get("authorization", headers.get("Authorization")):
            # As somebody else: a role that was assumed.
            return self.pass_on(headers, body)
        if not any(name.lower() == "x-amz-target" for name in headers):
            return self.assume(headers, body)
        prefix, operation = headers.get("x-amz-target", headers.get("X-Amz-Target")).split(".")
        service, asked = SERVICES[prefix], json.loads(body)
        self.calls.append(operation)
        self.decryptions += bool(asked.get("WithDecryption"))
        if operation in ("GetSecretValue", "BatchGetSecretValue"):
            self.secrets_fetched |= set(asked.get("SecretIdList", [])) | {asked.get("SecretId")} - {None}
        needed = list(getattr(self, operation)(asked))
        for action, resource, context in needed:
            if not allows(self.document, action, resource, context):
                return 400, denied(action, resource)
        status, answer = self.pass_on(headers, body)
        if operation == "BatchGetSecretValue":
            answer = self.batch(asked, json.loads(answer))
        elif status == 200 and asked.get("WithDecryption"):
            for action, resource, context in self.decrypted(service, json.loads(answer)):
                if not allows(self.document, action, resource, context):
                    return 400, denied(action, resource)
        return status, answer

    def assume(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        asked = dict(urllib.parse.parse_qsl(body.decode()))
        self.calls.append(asked["Action"])
        if allows(self.document, f"sts:{asked['Action']}", asked["RoleArn"], {}):
            return self.pass_on(headers, body)
        return 403, b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>sts</Message></Error></ErrorResponse>"

    def pass_on(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "content-length")}
        request = urllib.request.Request(self.stores.url, body, kept, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    # What each call needs

    def GetParameters(self, asked: dict):
        for name in asked["Names"]:
            arn = name if name.startswith("arn:") else parameter(name.split(":")[0])
            yield "ssm:GetParameters", ":".join(arn.split(":")[:6]), {}

    def GetParametersByPath(self, asked: dict):
        yield "ssm:GetParametersByPath", parameter(asked["Path"]), {}
        yield "ssm:GetParametersByPath", parameter(asked["Path"]) + "/any", {}

    def GetSecretValue(self, asked: dict):
        yield from self.secret(self.arn_of(asked["SecretId"]))

    def DescribeParameters(self, asked: dict):
        yield "ssm:DescribeParameters", "*", {}

    def DescribeSecret(self, asked: dict):
        yield "secretsmanager:DescribeSecret", self.arn_of(asked["SecretId"]), {}

    def BatchGetSecretValue(self, asked: dict):
        yield "secretsmanager:BatchGetSecretValue", "*", {}

    def secret(self, arn: str):
        yield "secretsmanager:GetSecretValue", arn, {}
        yield decrypt("secretsmanager", {"SecretARN": arn})

    def decrypted(self, service: str, answer: dict):
        for found in answer.get("Parameters", []):
            if found["Type"] == "SecureString":
                yield decrypt(service, {"PARAMETER_ARN": found["ARN"]})

    def batch(self, asked: dict, answer: dict) -> bytes:
        """One secret may be denied while the others are not."""
        values, errors = [], answer.get("Errors", [])
        for value in answer.get("SecretValues", []):
            missing = [n for n in self.secret(value["ARN"]) if not allows(self.document, *n)]
            if missing:
                told = value["ARN"] if value["ARN"] in asked["SecretIdList"] else value["Name"]
                errors.append({"SecretId": told, "ErrorCode": "AccessDeniedException", "Message": missing[0][0]})
            else:
                values.append(value)
        return json.dumps({"SecretValues": values, "Errors": errors}).encode()

    def arn_of(self, secret: str) -> str:
        try:
            return self.stores.secrets.describe_secret(SecretId=secret)["ARN"]
        except self.stores.secrets.exceptions.ResourceNotFoundException:
            return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{secret}-AbCdEf"


def parameter(name: str) -> str:
    return f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{name.strip('/')}"


def decrypt(service: str, encryption: dict[str, str]) -> tuple[str, str, dict[str, str]]:
    context = {f"kms:EncryptionContext:{name}": value for name, value in encryption.items()}
    via = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
    return "kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab", {**via, **context}


def denied(action: str, resource: str) -> bytes:
    message = f"User is not authorized to perform: {action} on resource: {resource}"
    return json.dumps({"__type": "AccessDeniedException", "Message": message}).encode()
