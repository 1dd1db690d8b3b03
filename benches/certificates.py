"""Makes what a store's TLS end has: a leaf of an intermediate of a root, all RSA-2048, as those of AWS.

    certificates.py DIRECTORY

Writes ca.pem, chain.pem and key.pem, good for a year; made anew where the ones that are there are older than a month.
"""

import datetime
import ipaddress
import sys
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

MONTH = 30 * 24 * 3600


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, key, issuer, issuer_key, extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def main(directory):
    key_file = directory / "key.pem"
    if key_file.exists() and time.time() - key_file.stat().st_mtime < MONTH:
        return
    directory.mkdir(parents=True, exist_ok=True)
    signs = [
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (x509.KeyUsage(False, False, False, False, False, True, True, False, False), True),
    ]
    serves = [
        (x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.KeyUsage(True, False, False, False, False, False, False, False, False), True),
    ]
    root_key, intermediate_key, key = new_key(), new_key(), new_key()
    root = certificate("Bench root", root_key, "Bench root", root_key, signs)
    intermediate = certificate("Bench intermediate", intermediate_key, "Bench root", root_key, signs)
    leaf = certificate("Bench store", key, "Bench intermediate", intermediate_key, serves)
    pem = serialization.Encoding.PEM
    (directory / "ca.pem").write_bytes(root.public_bytes(pem))
    (directory / "chain.pem").write_bytes(leaf.public_bytes(pem) + intermediate.public_bytes(pem))
    key_file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


main(Path(sys.argv[1]))
