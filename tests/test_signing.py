"""Keys and signatures: in-toto statements in DSSE envelopes, by key file or by a key that stays in its device."""

import base64
import json
import re
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1.statement import Statement
from packs import CHANGE, Project, no_passphrase
from securesystemslib.signer import SIGNER_FOR_URI_SCHEME, CryptoSigner

from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.domain.results import Outcome
from erp_testkit.evidence.chain import digest
from erp_testkit.evidence.signing import BadSignature, digests_of, load_signer, new_key, public_key, sign, statement, verified

SAID = statement({"pack.json": {"sha256": "ab" * 32}}, "urn:example:said", {"text": "签名"})


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


def test_a_new_key_is_readable_by_its_owner_only_and_never_overwritten(project):
    made = project.kit("keys", "new", "li-na")
    file = project.root / "li-na.pem"
    assert (made.returncode, stat.S_IMODE(file.stat().st_mode)) == (0, 0o600)
    content = file.read_bytes()
    again = project.kit("keys", "new", "li-na")
    assert (again.returncode, again.stderr) == (
        2,
        "Failed to make key li-na.pem: expected no such file, got one, which may be somebody's only key. Next: choose another name\n",
    )
    assert file.read_bytes() == content
    project.write(made.stdout)
    assert [person.name for person in project.known.people] == ["li-na"]


@pytest.mark.parametrize("name", ["../li-na", "/tmp/li-na", "a/b", ".."])
def test_a_key_is_made_in_the_folder_one_is_in(project, name):
    done = project.kit("keys", "new", name)
    assert (done.returncode, done.stderr) == (2, f"Failed to make key '{name}': expected a name without folders, such as li-na.\n")


def test_what_is_signed_can_be_checked_and_read(tmp_path):
    public = public_key(new_key(tmp_path / "a.pem", None))
    envelope = sign(SAID, load_signer(str(tmp_path / "a.pem"), public, no_passphrase))
    said, key_id = verified(envelope, [public])
    assert (said, key_id) == (SAID, public.keyid)
    assert verified(envelope, [public]) == (said, key_id)  # reading it leaves no trace in it
    assert digests_of(said) == {"pack.json": "ab" * 32}


@pytest.mark.parametrize("uri", ["{}", "file:{}", "file2:{}"])
def test_a_key_file_is_named_by_its_path_or_as_a_uri(tmp_path, uri):
    public = public_key(new_key(tmp_path / "a.pem", None))
    assert load_signer(uri.format(tmp_path / "a.pem"), public, no_passphrase).public_key.keyid == public.keyid


def test_an_encrypted_key_asks_for_its_passphrase(tmp_path):
    file = tmp_path / "a.pem"
    public = public_key(new_key(file, b"long enough"))
    assert b"ENCRYPTED" in file.read_bytes()
    signer = load_signer(str(file), public, lambda what: "long enough" if what == "Passphrase of a.pem" else "")
    assert verified(sign(SAID, signer), [public])[0] == SAID
    with pytest.raises(UsageError) as failure:
        load_signer(str(file), public, lambda _: "planted")
    assert str(failure.value) == (
        f"Failed to sign with key {file}: expected a private key in PEM and its passphrase, got what cannot be read as one."
    )


class Device:
    """A key that never leaves its device, as an HSM's, of a type that HSMs have."""

    key = generate_private_key(SECP256R1())

    def __init__(self, signer):
        self._signer = signer

    @classmethod
    def from_priv_key_uri(cls, uri, public_key, secrets_handler=None):
        if secrets_handler("pin") != "1234":
            raise ValueError("the PIN is wrong")
        return cls(CryptoSigner(cls.key, public_key))

    def sign(self, payload):
        if payload.endswith(b'"refused"}}'):
            raise RuntimeError("the device is locked")
        return self._signer.sign(payload)


def test_a_key_may_stay_in_its_device(monkeypatch):
    monkeypatch.setitem(SIGNER_FOR_URI_SCHEME, "device", Device)
    der = Device.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = public_key(base64.b64encode(der).decode())
    signer = load_signer("device:2", public, lambda _: "1234")
    assert verified(sign(SAID, signer), [public])[0] == SAID
    with pytest.raises(UsageError) as failure:
        load_signer("device:2", public, lambda _: "4321")
    assert str(failure.value) == (
        f"Failed to sign with key 'device:2': expected a key that belongs to {public.keyid[:16]}…, got the PIN is wrong."
    )
    with pytest.raises(EnvironmentFailure) as failure:
        sign({"predicate": {"text": "refused"}}, signer)
    assert str(failure.value) == "Failed to sign: expected the key to sign, got the device is locked."


def test_wrong_keys_are_named(tmp_path):
    mine, other = (public_key(new_key(tmp_path / name, None)) for name in ("a.pem", "b.pem"))
    (tmp_path / "text.pem").write_text("no key", encoding="utf-8")
    cases = {
        "a.pem": f"expected the private half of key {other.keyid[:16]}…, got that of {mine.keyid[:16]}….",
        "none.pem": "expected a file, got No such file or directory. Next: erp-testkit keys new NAME",
        "text.pem": "expected a private key in PEM and its passphrase, got what cannot be read as one.",
    }
    for name, text in cases.items():
        with pytest.raises(UsageError) as failure:
            load_signer(str(tmp_path / name), other, no_passphrase)
        assert str(failure.value) == f"Failed to sign with key {tmp_path / name}: {text}"
    with pytest.raises(UsageError) as failure:
        load_signer("hms:2", other, no_passphrase)
    assert str(failure.value).startswith(
        "Failed to sign with key 'hms:2': expected a file, or a scheme that is known, got 'hms'. Did you mean 'hsm'? Valid values are: "
    )


def _payload(envelope, change):
    data = json.loads(envelope)
    said = base64.b64decode(data["payload"]).replace(*change)
    return json.dumps({**data, "payload": base64.b64encode(said).decode()}, ensure_ascii=False, indent=1).encode() + b"\n"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda text: _payload(text, (b"urn:example:said", b"urn:example:sent")),
            "expected a signature of what is in the envelope, got one of",
        ),
        (lambda text: text.replace(b"\n", b""), "expected an envelope as the kit writes it, got changed bytes around what is signed"),
        (lambda text: text.replace(b'"payloadType"', b'"more": 1, "payloadType"'), "expected an envelope as the kit writes it"),
        (lambda text: text.replace(b"vnd.in-toto+json", b"vnd.in-toto+text"), "expected an envelope as the kit writes it"),
        (lambda text: text[:50], "expected a DSSE envelope, got what cannot be read: JSONDecodeError"),
        (lambda text: b"[]", "expected a DSSE envelope, got what cannot be read: TypeError"),
        (lambda text: b'{"payload": "", "payloadType": "", "signatures": []}', "expected an envelope as the kit writes it"),
    ],
)
def test_an_envelope_is_checked_to_the_byte(tmp_path, change, problem):
    public = public_key(new_key(tmp_path / "a.pem", None))
    envelope = sign(SAID, load_signer(str(tmp_path / "a.pem"), public, no_passphrase))
    with pytest.raises(BadSignature, match=re.escape(problem)):
        verified(change(envelope), [public])


def test_a_pipeline_signs_an_in_toto_test_result(project):
    key = project.pipeline()
    pack = project.run(
        outcomes=[Outcome.KEPT, Outcome.BROKEN, Outcome.KNOWN, Outcome.NOT_COVERED, Outcome.ERROR],
        where={"host": "ci", "ci": "https://ci/1"},
    )
    done = project.kit("sign", pack, "--as", "ci", "--key", key)
    assert (done.returncode, done.stdout) == (0, f"Signed by ci: {pack}/pack.dsse.json\n")
    said, _ = verified((pack / "pack.dsse.json").read_bytes(), [project.known.pipelines["ci"]])
    Statement.copy_from_pb(ParseDict(said, Statement([], "", {}).pb)).validate()
    result = ParseDict(said["predicate"], test_result_pb2.TestResult())
    assert said["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert said["subject"] == [
        {"name": "pack.json", "digest": {"sha256": digest((pack / "pack.json").read_bytes())}},
        {"name": "change", "digest": {"gitCommit": CHANGE}},
    ]
    node = "sales.feature::order {}".format
    assert (result.result, result.url) == ("FAILED", "https://ci/1")
    assert list(result.passed_tests) == [node(1)]
    assert list(result.failed_tests) == [node(2), node(5)]
    assert list(result.warned_tests) == [node(3), node(4)]


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        ([Outcome.KEPT], "PASSED"),
        ([Outcome.KEPT, Outcome.KNOWN], "WARNED"),
        ([Outcome.BROKEN], "FAILED"),
        ([Outcome.NOT_COVERED], "FAILED"),
    ],
)
def test_a_test_result_never_passes_what_was_not_checked(project, outcomes, word):
    from erp_testkit.evidence.pack import Pack
    from erp_testkit.evidence.statement import testimony

    pack = project.run(outcomes=outcomes, judged=False)
    assert testimony(Pack.open(pack), "")["predicate"]["result"] == word


def test_a_partial_run_is_not_signed(project):
    key = project.pipeline()
    pack = project.run(partial="interrupted", judged=False)
    done = project.kit("sign", pack, "--as", "ci", "--key", key)
    assert (done.returncode, done.stdout) == (1, f"Not signed: {pack}\n- it is partial: interrupted\n")
    assert not (pack / "pack.dsse.json").exists()


def test_a_changed_run_is_not_signed_and_a_signature_not_replaced(project):
    key = project.pipeline()
    pack = project.run(judged=False)
    assert project.kit("sign", pack, "--as", "ci", "--key", key).returncode == 0
    again = project.kit("sign", pack, "--as", "ci", "--key", key)
    assert (again.returncode, again.stderr) == (
        2,
        f"Failed to sign {pack}: expected no pack.dsse.json, got one. Next: erp-testkit verify {pack}\n",
    )
    other = project.run("r2", judged=False)
    (other / "summary.json").unlink()
    done = project.kit("sign", other, "--as", "ci", "--key", key)
    assert (done.returncode, done.stdout) == (1, f"Not signed: {other}\n- summary.json: is missing\n")


def test_only_pipelines_sign_runs(project):
    key = project.person("Wang Wei")
    pack = project.run(judged=False)
    done = project.kit("sign", pack, "--as", "Wang Wei", "--key", key)
    assert (done.returncode, done.stderr) == (
        2,
        f"Failed to sign as 'Wang Wei': expected a pipeline in {project.approvers}, got none. Valid values are: (none).\n",
    )
