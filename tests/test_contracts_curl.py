"""The line of a finding, pasted into a shell, sends the same request again."""

import subprocess
from pathlib import Path

import pytest

from erp_testkit.contracts.curl import line

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


def pasted(command: str, folder: Path, shell: str) -> tuple[list[str], bytes]:
    """Return curl's arguments and what it would read as the body."""
    folder.mkdir(exist_ok=True)
    environment = {"OUT": str(folder), "TOKEN": "s3cret", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
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
