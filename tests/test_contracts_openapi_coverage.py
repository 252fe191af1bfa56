"""What requests exercise of a contract, wherever in them a value goes."""

from datetime import UTC, datetime

import pytest
import yaml

from erp_testkit.contracts.openapi import coverage
from erp_testkit.contracts.openapi.client import Sent
from erp_testkit.contracts.openapi.description import read

FIELDS = {"type": "object", "properties": {"k": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}}
PARAMETERS = [
    {"name": "c", "in": "cookie", "schema": {"type": "string"}},
    {"name": "sid", "in": "cookie", "schema": {"type": "string"}},
    {"name": "f", "in": "query", "style": "deepObject", "explode": True, "schema": {"type": "object"}},
    {"name": "ids[]", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
    {"name": "q", "in": "query", "schema": {"type": "string"}},
    {"name": "X-Key", "in": "header", "schema": {"type": "string"}},
]
MEDIA = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
MULTIPART = (
    b'--7\r\nContent-Disposition: form-data; name="k"\r\n\r\nname="tags"\r\n'
    b'--7\r\ncontent-disposition: form-data; filename="tags"\r\n\r\nContent-Disposition: none\r\n--7--\r\n'
)


@pytest.fixture(scope="module")
def operation(tmp_path_factory):
    body = {"content": {media: {"schema": FIELDS} for media in MEDIA}}
    post = {"parameters": PARAMETERS, "requestBody": body, "responses": {"200": {"description": "Done."}}}
    file = tmp_path_factory.mktemp("coverage") / "shop.yaml"
    file.write_text(yaml.safe_dump({"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {"/a": {"post": post}}}))
    return read(file).operations["POST /a"]


@pytest.mark.parametrize(
    ("query", "headers", "body", "exercised"),
    [
        ("", {}, b"", set()),
        ("q=", {"x-key": "1"}, b"", {"query.q", "header.X-Key"}),
        ("", {"cookie": "c=1"}, b"", {"cookie.c"}),
        ("", {"cookie": "other=c; sid=a=b;c"}, b"", {"cookie.sid", "cookie.c"}),
        ("", {"cookie": "C=1"}, b"", set()),
        ("f%5Bx%5D=a&f[y]=b", {}, b"", {"query.f"}),
        ("ids[]=1&ids%5B%5D=2", {}, b"", {"query.ids[]"}),
        ("", {"content-type": "application/json"}, b'{"k": 1}', {"body.k"}),
        ("", {"content-type": "application/x-www-form-urlencoded"}, b"k=a&tags=1", {"body.k", "body.tags"}),
        ("", {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, b"tags%5B0%5D=1&x=%ff", {"body.tags"}),
        ("", {"content-type": "Multipart/Form-Data; boundary=7"}, MULTIPART, {"body.k"}),
        ("", {"content-type": "text/plain"}, b"k=a", set()),
    ],
)
def test_a_value_counts_wherever_it_goes(operation, query, headers, body, exercised):
    sent = Sent(
        operation="POST /a",
        method="POST",
        url=f"http://shop/a?{query}",
        headers=headers,
        body=body,
        path={},
        at=datetime(2026, 1, 2, tzinfo=UTC),
        seconds=0.0,
        status=200,
    )
    counted = coverage.of_requests("shop", {"POST /a": operation}, [sent, sent], {})["operations"]["POST /a"]
    assert counted["parameters"] == {place: 2 * (place in exercised) for place in operation.places}
    assert (counted["requests"], counted["accepted"], counted["statuses"]) == (2, 2, {"200": 2})
