"""Signatures: in-toto statements in DSSE envelopes, made with a key file or by a key that never leaves its device.

DSSE: https://github.com/secure-systems-lab/dsse, in-toto Statement v1 and its test-result predicate: https://in-toto.io.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit.domain.errors import EnvironmentFailure, UsageError, closest
from erp_testkit.domain.said import Said
from erp_testkit.evidence.seal import as_bytes

if TYPE_CHECKING:
    from securesystemslib.signer import Key, Signer

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
_FILE = ("", "file", "file2")
"""Schemes of a key that is a file; a plain path has none."""


class BadSignature(Exception):
    """An envelope does not hold.

    Attributes:
        said: why.
    """

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said


def statement(subjects: Mapping[str, Mapping[str, str]], predicate_type: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    """Return an in-toto Statement v1.

    Args:
        subjects: what it speaks of: name to digests.
        predicate_type: what kind of statement it is.
        predicate: what it says.
    """
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": dict(digests)} for name, digests in subjects.items()],
        "predicateType": predicate_type,
        "predicate": dict(predicate),
    }


def sign(said: Mapping[str, Any], signer: Signer) -> bytes:
    """Return the signed envelope of a statement, as it is written to a file.

    Raises:
        EnvironmentFailure: the device that holds the key does not sign.
    """
    from securesystemslib.dsse import Envelope  # 0.1 s, and only who signs or verifies needs it

    envelope = Envelope(json.dumps(said, ensure_ascii=False, sort_keys=True).encode(), PAYLOAD_TYPE, {})
    try:
        envelope.sign(signer)
    except Exception as error:  # each device has errors of its own
        raise EnvironmentFailure(f"Failed to sign: expected the key to sign, got {error}.") from error
    return as_bytes(envelope.to_dict())


def verified(envelope: bytes, keys: Sequence[Key]) -> tuple[Mapping[str, Any], str]:
    """Check an envelope and return the statement in it, and the id of the key that signed it.

    Args:
        envelope: the file's content.
        keys: public keys that may have signed it.

    Raises:
        BadSignature: it is not, byte for byte, an envelope that one of the keys signed.
    """
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError

    try:
        read = Envelope.from_dict(json.loads(envelope))
        # What the signature does not cover, such as spaces and unknown keys, must be as the kit writes it.
        if as_bytes(read.to_dict()) != envelope or read.payload_type != PAYLOAD_TYPE or len(read.signatures) != 1:
            raise BadSignature(
                Said(
                    "expected an envelope as the kit writes it, got changed bytes around what is signed",
                    "签名信封中签名内容之外的字节已改动",
                )
            )
        (key_id,) = read.signatures
        said: Mapping[str, Any] = json.loads(read.payload)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        unreadable = Said("expected a DSSE envelope, got what cannot be read: {kind}", "不是可读取的 DSSE 签名信封（{kind}）")
        raise BadSignature(unreadable.with_(kind=type(error).__name__)) from error
    if key_id not in {key.keyid for key in keys}:
        unknown = Said("expected the signature of a known key, got that of {key}…", "签名所用密钥 {key}… 不在已知密钥之列")
        raise BadSignature(unknown.with_(key=key_id[:16]))
    try:
        read.verify(list(keys), 1)
    except VerificationError as error:
        other = Said("expected a signature of what is in the envelope, got one of something else", "签名与信封中的内容不符")
        raise BadSignature(other) from error
    return said, key_id


def digests_of(said: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the SHA-256 of each subject of a statement that has one, by its name."""
    return {one["name"]: one["digest"]["sha256"] for one in said["subject"] if "sha256" in one["digest"]}


def new_key(file: Path, passphrase: bytes | None) -> str:
    """Make an Ed25519 key pair and write its private half, readable by nobody else.

    Args:
        file: where the private key goes, as PKCS#8 PEM.
        passphrase: what it is encrypted with; None leaves it open, as a pipeline's key in its secret store is.

    Returns:
        The public key as text.

    Raises:
        UsageError: there is such a file already.
        EnvironmentFailure: it cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = Ed25519PrivateKey.generate()
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UsageError(
            f"Failed to make key {file}: expected no such file, got one, which may be somebody's only key. Next: choose another name"
        ) from error
    except OSError as error:
        raise EnvironmentFailure(f"Failed to make key {file}: expected room and rights, got {error.strerror}.") from error
    with os.fdopen(handle, "wb") as target:
        target.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return _text(key.public_key())


def public_key(text: str) -> Key:
    """Read a public key as `keys new` shows it: SubjectPublicKeyInfo, DER, base64.

    Raises:
        ValueError: it is none.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from securesystemslib.signer import SSlibKey

    try:
        # Any key type the library knows: an HSM may have no Ed25519.
        return SSlibKey.from_crypto(load_der_public_key(base64.b64decode(text, validate=True)))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"expected a public key as 'erp-testkit keys new' shows it, got {text!r}") from error


def load_signer(uri: str, public: Key, ask: Callable[[str], str]) -> Signer:
    """Return what signs with a private key.

    Args:
        uri: a path, ``file:PATH``, or what securesystemslib knows, such as ``hsm:…`` or ``gcpkms:…``.
        public: the public key it must belong to.
        ask: asks a person for a secret, such as a passphrase or a PIN.

    Raises:
        UsageError: it cannot be read, or is the private half of another key.
    """
    from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, Signer

    scheme, _, rest = uri.partition(":")
    if ":" not in uri or scheme in _FILE:
        return _from_file(Path(rest if ":" in uri else uri), public, ask)
    if scheme not in SIGNER_FOR_URI_SCHEME:
        raise UsageError(
            f"Failed to sign with key '{uri}': expected a file, or a scheme that is known, got '{scheme}'. "
            f"{closest(scheme, ['file', *SIGNER_FOR_URI_SCHEME])}"
        )
    try:
        return Signer.from_priv_key_uri(uri, public, ask)
    except Exception as error:  # each device has errors of its own
        raise UsageError(f"Failed to sign with key '{uri}': expected a key that belongs to {public.keyid[:16]}…, got {error}.") from error


def _from_file(file: Path, public: Key, ask: Callable[[str], str]) -> Signer:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner, SSlibKey

    try:
        pem = file.read_bytes()
        secret = ask(f"Passphrase of {file.name}").encode() if b"ENCRYPTED" in pem else None
        private = load_pem_private_key(pem, secret)
        own = SSlibKey.from_crypto(private.public_key())
    except OSError as error:
        raise UsageError(
            f"Failed to sign with key {file}: expected a file, got {error.strerror}. Next: erp-testkit keys new NAME"
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # The library's text may hold parts of the file.
        raise UsageError(
            f"Failed to sign with key {file}: expected a private key in PEM and its passphrase, got what cannot be read as one."
        ) from error
    if own.keyid != public.keyid:
        raise UsageError(
            f"Failed to sign with key {file}: expected the private half of key {public.keyid[:16]}…, got that of {own.keyid[:16]}…."
        )
    return CryptoSigner(private, own)


def _text(key: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
