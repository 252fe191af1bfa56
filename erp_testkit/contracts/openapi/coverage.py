"""What of a contract was exercised, and what was not, as plain data that adds up over checks, workers and runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from erp_testkit.contracts.openapi.client import Sent
    from erp_testkit.contracts.openapi.description import Operation

_PARTS = ("operations", "parameters", "statuses")
_PART = re.compile(rb'^content-disposition: *form-data;[^\r\n]*?\bname="([^"\r\n]*)"', re.IGNORECASE | re.MULTILINE)
"""Head of a part of a multipart form (RFC 7578, 4.2)."""


def of_requests(contract: str, operations: Mapping[str, Operation], sent: Iterable[Sent], left_out: Mapping[str, str]) -> dict[str, Any]:
    """Count what requests exercised.

    Args:
        contract: its name.
        operations: those that were to be exercised.
        sent: every request.
        left_out: operations nobody exercises, and why; those that cannot be are added.
    """
    counts = {label: _nothing(operation) for label, operation in operations.items()}
    for one in sent:
        # Whatever is sent under another method does not exercise the operation.
        if one.operation in counts and one.operation.startswith(f"{one.method} "):
            _count(counts[one.operation], operations[one.operation], one)
    beyond = {label: reason for one in operations.values() for label, reason in one.description.left_out.items()}
    return {"kind": "openapi", "contract": contract, "operations": counts, "left_out": {**beyond, **left_out}}


def _nothing(operation: Operation) -> dict[str, Any]:
    return {
        "requests": 0,
        "accepted": 0,
        "parameters": dict.fromkeys(operation.places, 0),
        "statuses": dict.fromkeys(operation.responses, 0),
    }


def _count(count: dict[str, Any], operation: Operation, sent: Sent) -> None:
    count["requests"] += 1
    # What is there only to refuse is exercised by its refusals.
    refuses = not any(one.startswith(("2", "default")) for one in count["statuses"])
    count["accepted"] += sent.accepted or (refuses and str(sent.status) in count["statuses"])
    status = str(sent.status)
    for described in (status, f"{status[0]}XX", f"{status[0]}xx", "default"):
        if described in count["statuses"]:
            count["statuses"][described] += 1
            break
    cookies = (pair.partition("=")[0].strip() for pair in sent.headers.get("cookie", "").split(";"))
    seen = {
        *(f"path.{name}" for name in sent.path),
        *(f"query.{name}" for name in _names(urlsplit(sent.url).query)),
        *(f"cookie.{name}" for name in cookies),
        *_in_body(operation, sent),
    }
    headers = {f"header.{name}" for name in sent.headers}
    for place in count["parameters"]:
        if place in seen or place.lower() in headers:
            count["parameters"][place] += 1


def _names(form: str) -> set[str]:
    """Return the names in a query or a form; with ``f[x]`` also ``f``, of which it is a part."""
    names = {name for name, _ in parse_qsl(form, keep_blank_values=True)}
    return names | {name.partition("[")[0] for name in names}


def _in_body(operation: Operation, sent: Sent) -> set[str]:
    media_type = sent.headers.get("content-type", "")
    kind = media_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return {f"body.{name}" for name in _names(sent.body.decode("latin-1"))}
    if kind == "multipart/form-data":
        return {f"body.{name.decode('utf-8', errors='replace')}" for name in _PART.findall(sent.body)}
    return _places(sent.call.body if sent.call.body is not None else operation.from_xml(media_type, sent.body), "body")


def _places(data: Any, at: str) -> set[str]:
    if isinstance(data, dict):
        within = [(f"{at}.{name}", below) for name, below in data.items()]
        return {place for place, _ in within}.union(*(_places(below, place) for place, below in within))
    return set().union(*(_places(below, f"{at}[*]") for below in data)) if isinstance(data, list) else set()


def merge(coverages: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Add up what checks of OpenAPI contracts exercised; what other kinds of contracts count is passed over.

    Returns:
        Contract to its ``operations`` (exercised: answered 2xx at least once, where they document one), ``parameters`` (sent) and
        ``statuses`` (answered), each with ``exercised``, ``of`` and the list ``not_exercised``; and ``left_out``, operation to reason.
    """
    added: dict[str, dict[str, dict[str, Any]]] = {}
    left_out: dict[str, dict[str, str]] = {}
    for coverage in coverages:
        if coverage.get("kind") != "openapi":
            continue
        left_out.setdefault(coverage["contract"], {}).update(coverage["left_out"])
        operations = added.setdefault(coverage["contract"], {})
        for label, count in coverage["operations"].items():
            _add(operations.setdefault(label, {"accepted": 0, "parameters": {}, "statuses": {}}), count)
    return {contract: {**_said(added[contract]), "left_out": left_out[contract]} for contract in sorted(added)}


def _add(sum_: dict[str, Any], count: Mapping[str, Any]) -> None:
    sum_["accepted"] += count["accepted"]
    for part in ("parameters", "statuses"):
        for name, times in count[part].items():
            sum_[part][name] = sum_[part].get(name, 0) + times


def _said(operations: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    times = {
        "operations": {label: count["accepted"] for label, count in operations.items()},
        "parameters": {f"{label} {name}": n for label, count in operations.items() for name, n in count["parameters"].items()},
        "statuses": {f"{label} {status}": n for label, count in operations.items() for status, n in count["statuses"].items()},
    }
    return {
        part: {
            "exercised": sum(n > 0 for n in times[part].values()),
            "of": len(times[part]),
            "not_exercised": sorted(name for name, n in times[part].items() if not n),
        }
        for part in _PARTS
    }


def lines(merged: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what the summary says, a line for each contract and one for what of it was not exercised."""
    said = []
    for contract, parts in merged.items():
        counted = (f"{parts[part]['exercised']} of {parts[part]['of']} {word}" for part, word in zip(_PARTS, _WORDS, strict=True))
        left_out = f"; {len(parts['left_out'])} operations left out" if parts["left_out"] else ""
        said.append(f"{contract}: {', '.join(counted)} exercised{left_out}")
        if missing := list(_missing(parts)):
            said.append(f"{contract}, not exercised: {', '.join(missing)}")
    return said


_WORDS = ("operations", "parameters", "response codes")


def _missing(parts: Mapping[str, Any]) -> Iterator[str]:
    """Name operations; count what would be too long a list, which stands in the run's summary.json."""
    yield from parts["operations"]["not_exercised"]
    codes = Counter(name.rpartition(" ")[2] for name in parts["statuses"]["not_exercised"])
    yield from (f"{code} of {times} operations" for code, times in sorted(codes.items()))
    if parameters := len(parts["parameters"]["not_exercised"]):
        yield f"{parameters} parameters"
