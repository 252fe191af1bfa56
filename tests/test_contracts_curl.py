"""The line of a finding, pasted into a shell, sends the same request again."""

import subprocess
from pathlib import Path

import pytest

from erp_testkit.contracts.curl import line
from erp_testkit.contracts.secrecy import without_secrets

HEADERS = {"content-type": "text/plain", "authorization": "Bearer s3cret"}

BODIES = {
    "JSON": b'{"a": "it\'s $HOME \\"quoted\\" \\\\ `x` !"}',
    "Chinese": "北京协和医院".encode(),
    "records": b"SH-1  0001\r\nSH-2  %s\t\\n\r\n",
    "control characters": b"a\x1b[31m\x00b\x7f1",
    "bytes that are no text": b"\xff\xfe\x80" + b"7\\x41",
    "what looks like a file": b"@/etc/hostname",
    "lines": "a\u2028b\u0085c\n".encode(),
    "a secret": b"token=s3cret\r\n",
    "only a secret": b"token=s3cret",
}

SHELL = """
curl() {
    for part; do
        case $part in
            @-) cat > "$OUT/body"; ;;
            *) printf '%s\\0' "$part" >> "$OUT/parts" ;;
        esac
    done
}
"""


def pasted(command: str, folder: Path, shell: str, secret: str = "s3cret") -> tuple[list[str], bytes]:
    """Return curl's arguments and what it would read as the body."""
    folder.mkdir(exist_ok=True)
    environment = {"OUT": str(folder), "TOKEN": secret, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    subprocess.run([shell, "-c", SHELL + command], env=environment, check=True)
    parts = (folder / "parts").read_bytes().split(b"\0")[:-1]
    where = parts.index(b"--data-binary")
    body = (folder / "body").read_bytes() if (folder / "body").exists() else parts.pop(where + 1)
    del parts[where]
    return [part.decode() for part in parts], body


@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_line_sends_the_same_bytes(body, shell, tmp_path):
    command = line("POST", "http://erp.example/orders?a=1&b=2", HEADERS, body, {"s3cret": "$TOKEN"})
    assert command.isprintable()
    assert "s3cret" not in command
    parts, sent = pasted(command, tmp_path, shell)
    assert parts == [
        "-X",
        "POST",
        "-H",
        "content-type: text/plain",
        "-H",
        "authorization: Bearer s3cret",
        "http://erp.example/orders?a=1&b=2",
    ]
    assert sent == body


def test_an_empty_header_is_sent_as_one():
    assert line("GET", "http://erp.example/a", {"x-key": ""}, b"", {}) == "curl -X GET -H 'x-key;' http://erp.example/a"


def test_a_body_without_a_type_is_sent_without_one():
    assert line("POST", "http://erp.example/a", {}, b"x", {}) == "curl -X POST -H content-type: --data-binary x http://erp.example/a"


@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize("end", ["", "s\r\n"], ids=["one line", "lines"])
@pytest.mark.parametrize("secret", ["pa$$w0rd", "tick`tock9", 'S3cret"quote', "back\\slash1", "tok$en", "p\\n$xyz"])
def test_a_secret_of_any_characters_is_put_in_by_the_shell(secret, end, shell, tmp_path):
    body = f"a=$HOME&token={secret}{end}".encode()
    command = line("POST", "http://erp.example/a", HEADERS, body, {secret: "$TOKEN"})
    assert "$TOKEN" in command or "${TOKEN}" in command
    assert secret not in command.replace("\\\\", "\\").replace("\\$", "$").replace("\\`", "`").replace('\\"', '"')
    assert pasted(command, tmp_path, shell, secret)[1] == body


@pytest.mark.parametrize(
    ("secret", "written"),
    [
        ('S3cret"quote', r"S3cret\"quote"),
        ("back\\slash1", r"back\\slash1"),
        ("a/b+c==", r"a\/b\u002Bc=="),
        ("pässwörd", r"p\u00e4ssw\u00f6rd"),
        ("pässwörd", "pässwörd"),
        ("a+b c==", "a%2Bb+c%3d%3d"),
        ("口令", "%E5%8F%A3%E4%BB%A4"),
        ("no", "no"),
    ],
)
def test_a_secret_is_found_however_it_is_written(secret, written):
    text = f'"password": "{written}"'
    assert without_secrets(text, {secret: "$PASSWORD"}) == '"password": "$PASSWORD"'
    assert line("POST", f"http://erp.example/a?k={written}", {"content-type": "t"}, text.encode(), {secret: "$PASSWORD"}) == (
        "curl -X POST -H 'content-type: t' "
        r'--data-binary "\"password\": \"$PASSWORD\"" "http://erp.example/a?k=$PASSWORD"'
    )


def test_the_longer_of_two_secrets_goes_first():
    secrets = {"abc": "$PASSWORD", "abcdef": "$TOKEN"}
    assert without_secrets("token abcdef abc", secrets) == "token $TOKEN $PASSWORD"
    assert line("POST", "http://erp.example/a", {"content-type": "t"}, b"one abc two abcdef", secrets) == (
        "curl -X POST -H 'content-type: t' --data-binary \"one $PASSWORD two $TOKEN\" http://erp.example/a"
    )


def test_a_short_secret_is_one_only_as_a_whole_word():
    assert without_secrets("no number, none: 'no'", {"no": "$PASSWORD"}) == "$PASSWORD number, none: '$PASSWORD'"
