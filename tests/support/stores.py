"""moto as the stores: the real protocol of SSM and Secrets Manager, in this process, seeded by each test."""

import contextlib
import json
import urllib.request

import boto3
from botocore.config import Config

REGION = "eu-west-1"
ACCOUNT = "123456789012"


class Stores:
    """A server of moto. `reset` empties it; each test that asks for it gets it empty."""

    def __init__(self):
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.ssm = client("ssm", self.url)
        self.secrets = client("secretsmanager", self.url)
        self.iam = client("iam", self.url)

    def stop(self) -> None:
        self._server.stop()

    def reset(self) -> None:
        self._post("reset")

    def env(self) -> dict[str, str]:
        """What points a program at it."""
        return {
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        }

    def parameter(self, name: str, value: str, kind: str = "SecureString", **more) -> None:
        self.ssm.put_parameter(Name=name, Value=value, Type=kind, Overwrite=True, **more)

    def secret(self, name: str, value: str | bytes, **more) -> str:
        """Creates it; answers its ARN."""
        key = "SecretString" if isinstance(value, str) else "SecretBinary"
        return self.secrets.create_secret(Name=name, **{key: value}, **more)["ARN"]

    @contextlib.contextmanager
    def only_allowing(self, *actions: str, resource: str = "*"):
        """Inside, IAM is enforced; yields the environment of a user who may do these actions and no other."""
        self.iam.create_user(UserName="function")
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_user_policy(UserName="function", PolicyName="only", PolicyDocument=document)
        key = self.iam.create_access_key(UserName="function")["AccessKey"]
        self._post("reset-auth", b"0")
        try:
            yield {
                **self.env(),
                "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            }
        finally:
            self._post("reset-auth", b"inf")

    def _post(self, path: str, body: bytes = b"") -> None:
        # As a form, which urllib takes it for, moto would not see the body.
        headers = {"Content-Type": "text/plain"}
        request = urllib.request.Request(f"{self.url}/moto-api/{path}", body, headers, method="POST")
        urllib.request.urlopen(request, timeout=30).close()


def client(service: str, url: str):
    """A boto3 client that reads nothing of this machine's settings and tries once."""
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
