"""What is handed to schemathesis for one run: the description with values that exist put in as examples, and its configuration."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from erp_testkit.contracts.openapi.description import Description, Operation
from erp_testkit.contracts.openapi.findings import FUNCTIONS
from erp_testkit.contracts.openapi.settings import Settings, Value
from erp_testkit.specs.document import Document

_REFUSALS = ["2XX", "401", "403", "404", "409", "412", "422", "428", "5XX"]
"""Statuses a request that fits its schema may get: a rule of the trade may forbid it. 5XX is another check's."""
_OF_A_HEADER = ["400", "401", "403", "406", "412", "415", "422", "428"]
"""Statuses of a request without a header it needs; 428 asks for a version (RFC 6585, 3)."""
_OFTEN = 0.9
"""How often a known value is taken where there is one; otherwise one is made up."""
_EXAMPLES = 2
"""Values of a parameter that become examples."""
_FAILURES = 8
"""Kinds of failures after which the engine looks for no further ones: each has it start over."""


def configuration(
    settings: Settings,
    *,
    url: str,
    headers: Mapping[str, str],
    seed: int,
    examples: int,
    values: Mapping[str, Mapping[str, Sequence[Value]]],
    among: Iterable[str],
    keep_going: bool,
) -> dict[str, Any]:
    """Return the configuration of a run, in the words of ``schemathesis.toml``.

    Args:
        settings: of the contract.
        url: of the system.
        headers: sent with every request.
        seed: of the run.
        examples: generated requests an operation, or chains.
        values: operation to place to the values that are tried there, filled; no other operation is run.
        among: the operations of the description that is run.
        keep_going: whether to look at all requests; otherwise the first that fails is shrunk.
    """
    lists = {f"{label} {place}": list(choices) for label, of in values.items() for place, choices in of.items()}
    return {
        "seed": seed,
        "base-url": url,
        "headers": dict(headers),
        "request-timeout": 30,
        "max-failures": _FAILURES,
        "continue-on-failure": keep_going,
        # What one run learns must not change another.
        "cache": {"enabled": False},
        "generation": {"max-examples": examples, "database": "none"},
        "phases": {"stateful": {"max-steps": settings.budget.steps}},
        # A curl line without its keys repeats nothing; secrets are taken out by the kit.
        "output": {"sanitization": {"enabled": False}},
        "dictionaries": {name: {"values": choices} for name, choices in lists.items()},
        "operations": [
            {
                "include-name": label,
                "checks": _checks(settings.excluded_checks(label)),
                # A list at the top of a body has a dot before it there.
                "parameters": {place.replace("body[", "body.["): {"dictionary": f"{label} {place}", "probability": _OFTEN} for place in of},
            }
            for label, of in values.items()
        ]
        + [{"include-name": label, "enabled": False} for label in among if label not in values],
    }


def _checks(spared: Iterable[str]) -> dict[str, Any]:
    return {
        "positive_data_acceptance": {"expected-statuses": _REFUSALS},
        "missing_required_header": {"expected-statuses": _OF_A_HEADER},
        **{FUNCTIONS[name]: {"enabled": False} for name in spared if name in FUNCTIONS},
    }


def alone(operation: Operation, values: Mapping[str, Sequence[Value]], good: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a description of one operation, its examples replaced by values that exist and requests that are known to be good.

    ``If-Match`` that is optional is left to the kit's own check of the lock: a made-up one would have every other request refused.
    """
    raw = dict(operation.description.raw)
    item = dict(operation.description.followed(raw["paths"][operation.path]))
    method = dict(item[operation.method.lower()])
    item.pop("parameters", None)
    method["parameters"] = [_with_examples(one, values, good) for one in _parameters(operation)]
    bodies = [request["body"] for request in good if request["body"] is not None]
    if bodies and "requestBody" in method:
        body = dict(operation.description.followed(method["requestBody"]))
        body["content"] = {
            media: {
                **{key: value for key, value in content.items() if key != "example"},
                "examples": {f"setup-{number}": {"value": value} for number, value in enumerate(bodies)},
            }
            if media == good[0]["media_type"]
            else content
            for media, content in body["content"].items()
        }
        method["requestBody"] = body
    item[operation.method.lower()] = method
    others = {path: other for path, other in raw["paths"].items() if path in operation.description.referred}
    raw["paths"] = {**others, operation.path: item}
    return raw


def _with_examples(parameter: Mapping[str, Any], values: Mapping[str, Sequence[Value]], good: Sequence[Mapping[str, Any]]) -> Any:
    name, place = parameter["name"], parameter["in"]
    part = {"header": "headers"}.get(place, place)
    known = [request[part][name] for request in good if name in request.get(part, {})]
    choices = [*known, *(value for value in values.get(f"{place}.{name}", ()) if value not in known)]
    if not choices:
        return parameter
    rest = {key: value for key, value in parameter.items() if key not in ("example", "examples")}
    # Each one more has every other parameter tried again.
    examples = {f"value-{number}": {"value": value} for number, value in enumerate(choices[:_EXAMPLES])}
    return {**rest, "examples": examples}


def whole(description: Description) -> dict[str, Any]:
    """Return a copy of a description, without examples and an optional ``If-Match``; inferring chains writes into it."""
    said = description.document
    copied = Description(Document(said.root, copy.deepcopy(said.content), said.others))
    raw = copied.document.content
    for operation in copied.operations.values():
        item = raw["paths"][operation.path] = copied.followed(raw["paths"][operation.path])
        item.pop("parameters", None)
        method = item[operation.method.lower()]
        method["parameters"] = _parameters(operation)
        for content in copied.followed(method.get("requestBody", {})).get("content", {}).values():
            # They speak of things that are not there, and would be sent over and over.
            content.pop("example", None)
            content.pop("examples", None)
    return raw


def _parameters(operation: Operation) -> list[Mapping[str, Any]]:
    """Return the parameters of an operation, those of its path among them, with no reference in them.

    schemathesis (4.32.5) does not find what a reference within a parameter stands for when it puts known values in its place.
    """
    others = [one for one in operation.parameters if one["name"].lower() != "if-match" or one.get("required")]
    return [{**one, "schema": operation.description.inlined(one["schema"])} if "schema" in one else one for one in others]
