"""Every rule changes are judged by: its id, its impact, and the sentence that gives the reason.

Ids are those of oasdiff (https://github.com/oasdiff/oasdiff, ``checker/rules.go``) wherever it has one. Ids of changes inside a schema
are made of three parts: the side (``request``), the scope (``property``) and the aspect (``max-length-decreased``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from erp_testkit.contracts.compatibility.change import Effect, Impact, Side, impact_of
from erp_testkit.specs import schema

N, W, D, U, NONE = Effect.NARROWS, Effect.WIDENS, Effect.DIFFERS, Effect.UNKNOWN, Effect.NONE
_B, _R, _H = Impact.BREAKING, Impact.RISKY, Impact.HARMLESS

SCOPES: Mapping[Side, tuple[str, ...]] = MappingProxyType(
    {Side.REQUEST: ("body", "property", "parameter"), Side.RESPONSE: ("body", "property", "header")}
)
"""Where a schema stands: as the whole body, somewhere inside, as a parameter or as a header."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of change is judged."""

    id: str
    impact: Impact
    says: str
    """The reason; ``{old}`` and ``{new}`` stand for the figures."""


@dataclass(frozen=True, slots=True)
class _Aspect:
    effect: Effect
    says: str


def _named(keyword: str) -> str:
    """Return a keyword's part of an id: ``max-length`` of ``maxLength``."""
    words = re.sub("([A-Z])", r"-\1", keyword).lower()
    return words.replace("maximum", "max").replace("minimum", "min")


UPPER, LOWER, PRESENCE, ENCODINGS = (
    {keyword: _named(keyword) for keyword in keywords} for keywords in (schema.UPPER, schema.LOWER, schema.PRESENCE, schema.ENCODINGS)
)
"""Keywords of JSON Schema, each with its part of an id."""
FAMILIES: Mapping[str, str] = MappingProxyType({"patternProperties": "pattern-property", "dependentSchemas": "dependent-schema"})
"""Keywords that hold schemas by name; each of these is one condition."""


def _bounds() -> dict[str, _Aspect]:
    aspects: dict[str, _Aspect] = {}
    for names, tighter, looser in ((UPPER, "decreased", "increased"), (LOWER, "increased", "decreased")):
        for keyword, name in names.items():
            aspects |= {
                f"{name}-set": _Aspect(N, f"{keyword} {{new}} is new"),
                f"{name}-unset": _Aspect(W, f"{keyword} {{old}} is gone"),
                f"{name}-{tighter}": _Aspect(N, f"{keyword} went from {{old}} to {{new}}"),
                f"{name}-{looser}": _Aspect(W, f"{keyword} went from {{old}} to {{new}}"),
            }
    return aspects


def _presences() -> dict[str, _Aspect]:
    aspects: dict[str, _Aspect] = {}
    for keyword, name in PRESENCE.items():
        aspects |= {
            f"{name}-added": _Aspect(N, f"the condition '{keyword}' is new"),
            f"{name}-removed": _Aspect(W, f"the condition '{keyword}' is gone"),
        }
    for keyword, name in FAMILIES.items():
        aspects |= {
            f"{name}-added": _Aspect(N, f"'{keyword}' of {{new}} is new"),
            f"{name}-removed": _Aspect(W, f"'{keyword}' of {{old}} is gone"),
        }
    for keyword, name in ENCODINGS.items():
        aspects[f"{name}-changed"] = _Aspect(D, f"{keyword} went from {{old}} to {{new}}")
    return aspects


_ASPECTS: Mapping[str, _Aspect] = {
    **_bounds(),
    **_presences(),
    "if-changed": _Aspect(U, "the condition 'if' reads otherwise"),
    "not-changed": _Aspect(U, "the condition 'not' reads otherwise"),
    "multiple-of-set": _Aspect(N, "multipleOf {new} is new"),
    "multiple-of-unset": _Aspect(W, "multipleOf {old} is gone"),
    "multiple-of-changed": _Aspect(D, "multipleOf went from {old} to {new}"),
    "multiple-of-generalized": _Aspect(W, "multipleOf went from {old} to {new}"),
    "multiple-of-specialized": _Aspect(N, "multipleOf went from {old} to {new}"),
    "unique-items-set": _Aspect(N, "a value may stand in the list once only"),
    "unique-items-unset": _Aspect(W, "a value may stand in the list more than once"),
    "pattern-added": _Aspect(N, "the pattern {new} is new"),
    "pattern-removed": _Aspect(W, "the pattern {old} is gone"),
    "pattern-changed": _Aspect(U, "the pattern went from {old} to {new}"),
    "pattern-generalized": _Aspect(W, "the pattern went from {old} to {new}"),
    "type-changed": _Aspect(D, "the type went from {old} to {new}"),
    "type-generalized": _Aspect(W, "the type went from {old} to {new}"),
    "type-specialized": _Aspect(N, "the type went from {old} to {new}"),
    "list-of-types-widened": _Aspect(W, "the types went from {old} to {new}"),
    "list-of-types-narrowed": _Aspect(N, "the types went from {old} to {new}"),
    "became-nullable": _Aspect(W, "it may be null now"),
    "became-not-nullable": _Aspect(N, "it may be null no longer"),
    "became-enum": _Aspect(N, "only {new} are left"),
    "became-not-enum": _Aspect(W, "it is no longer one of {old}"),
    "enum-value-added": _Aspect(W, "{new} may come as well"),
    "enum-value-removed": _Aspect(N, "{old} may come no longer"),
    "x-extensible-enum-value-removed": _Aspect(N, "{old} may come no longer"),
    "const-added": _Aspect(N, "only {new} is left"),
    "const-removed": _Aspect(W, "it is no longer always {old}"),
    "const-changed": _Aspect(D, "it was always {old} and is always {new}"),
    "default-value-added": _Aspect(NONE, "without it, {new} counts"),
    "default-value-removed": _Aspect(NONE, "without it, {old} counted; now nothing says what counts"),
    "default-value-changed": _Aspect(NONE, "without it, {old} counted and now {new} does: the same message means something else"),
    "one-of-added": _Aspect(W, "{new} may come as well"),
    "one-of-removed": _Aspect(N, "{old} may come no longer"),
    "one-of-set": _Aspect(N, "exactly one of {new} must fit as well"),
    "one-of-unset": _Aspect(W, "none of {old} must fit any longer"),
    "any-of-added": _Aspect(W, "{new} may come as well"),
    "any-of-removed": _Aspect(N, "{old} may come no longer"),
    "any-of-set": _Aspect(N, "one of {new} must fit as well"),
    "any-of-unset": _Aspect(W, "none of {old} must fit any longer"),
    "all-of-added": _Aspect(N, "{new} must fit as well"),
    "all-of-removed": _Aspect(W, "{old} must fit no longer"),
    "additional-properties-allowed": _Aspect(W, "fields nobody named may come"),
    "additional-properties-forbidden": _Aspect(N, "fields nobody named may come no longer"),
    "prefix-items-added": _Aspect(U, "place {new} of the list has a form of its own"),
    "prefix-items-removed": _Aspect(U, "place {old} of the list has no form of its own any longer"),
    "dependent-required-added": _Aspect(N, "it wants {new}"),
    "dependent-required-removed": _Aspect(W, "it wants {old} no longer"),
    "dependent-required-changed": _Aspect(D, "it wanted {old} and wants {new}"),
    "discriminator-added": _Aspect(NONE, "{new} tells which form it is"),
    "discriminator-removed": _Aspect(NONE, "{old} no longer tells which form it is"),
    "discriminator-property-name-changed": _Aspect(NONE, "{old} told which form it is and now {new} does"),
    "discriminator-mapping-added": _Aspect(NONE, "{new} names a form"),
    "discriminator-mapping-deleted": _Aspect(NONE, "{old} names no form any longer"),
    "discriminator-mapping-changed": _Aspect(NONE, "a name stood for {old} and stands for {new}"),
}

_NOT_SAID = frozenset(
    {
        (Side.REQUEST, "type-specialized"),
        (Side.REQUEST, "multiple-of-specialized"),
        (Side.RESPONSE, "multiple-of-generalized"),
    }
)
"""What oasdiff calls ``type-changed`` and ``multiple-of-changed`` on that side."""

_WHY: Mapping[tuple[Impact, Side], str] = {
    (_B, Side.REQUEST): "what was accepted may be refused",
    (_R, Side.REQUEST): "the contract does not tell whether what was accepted still is",
    (_H, Side.REQUEST): "what was accepted still is",
    (_B, Side.RESPONSE): "what comes may be what nobody expects",
    (_R, Side.RESPONSE): "readers may not expect it",
    (_H, Side.RESPONSE): "what comes fits what was promised",
}

_OTHER_IMPACTS: Mapping[str, Impact] = {
    # oasdiff: a value more in an answer is a warning; good readers have a branch for values they do not know.
    "response-property-enum-value-added": _R,
    "response-body-enum-value-added": _R,
    "response-header-enum-value-added": _R,
    # oasdiff judges places of a list by the client's habit to read what is there.
    **{f"request-{scope}-prefix-items-added": _H for scope in SCOPES[Side.REQUEST]},
    **{f"request-{scope}-prefix-items-removed": _B for scope in SCOPES[Side.REQUEST]},
    **{f"response-{scope}-prefix-items-added": _B for scope in SCOPES[Side.RESPONSE]},
    **{f"response-{scope}-prefix-items-removed": _H for scope in SCOPES[Side.RESPONSE]},
    # Ours: a default that changes breaks no message and changes what it means.
    **{f"request-{scope}-default-value-{what}": _R for scope in SCOPES[Side.REQUEST] for what in ("changed", "removed")},
    # Ours: readers that know their fields do not mind others.
    **{f"response-{scope}-additional-properties-allowed": _R for scope in SCOPES[Side.RESPONSE]},
}

_RENAMED = {
    # oasdiff has this one name of its own.
    "response-body-enum-value-removed": "response-mediatype-enum-value-removed",
}


def schema_rule(side: Side, scope: str, aspect: str) -> str:
    """Return the id of a change inside a schema."""
    name = f"{side}-{scope}-{aspect}"
    return _RENAMED.get(name, name)


def _schema_rules() -> dict[str, Rule]:
    rules = {}
    for side, scopes in SCOPES.items():
        for scope in scopes:
            for name, aspect in _ASPECTS.items():
                if (side, name) in _NOT_SAID:
                    continue
                rule = schema_rule(side, scope, name)
                impact = _OTHER_IMPACTS.get(rule) or impact_of(aspect.effect, side)
                because = "" if aspect.effect is NONE else f": {_WHY[impact, side]}"
                rules[rule] = Rule(rule, impact, f"{aspect.says}{because}")
    return rules


_NAMED = {
    # Fields of a message.
    "new-required-request-property": (_B, "a field is new and required: messages without it are refused"),
    "new-required-request-property-with-default": (
        _B,
        "a field is new and required, its default does not help: messages without it are refused",
    ),
    "new-optional-request-property": (_H, "a field is new; it may be left out"),
    "request-property-removed": (_R, "a field is gone: sent all the same, it is ignored or refused"),
    "request-property-no-longer-allowed": (_B, "a field is gone and none but named ones are allowed: messages with it are refused"),
    "request-property-became-required": (_B, "a field became required: messages without it are refused"),
    "request-property-became-required-with-default": (
        _B,
        "a field became required, its default does not help: messages without it are refused",
    ),
    "request-property-became-optional": (_H, "a field may be left out now"),
    "response-required-property-removed": (_B, "a field that always came is gone"),
    "response-optional-property-removed": (_R, "a field that came at times is gone: who uses it gets it no more"),
    "response-required-property-added": (_H, "a field is new"),
    "response-optional-property-added": (_H, "a field is new"),
    "response-property-became-optional": (_B, "a field that always came may be missing"),
    "response-property-became-required": (_H, "a field that came at times always comes"),
    "request-optional-property-became-read-only": (_R, "a field is no longer taken: sent all the same, it is ignored or refused"),
    "request-required-property-became-read-only": (_R, "a field is no longer taken: sent all the same, it is ignored or refused"),
    "request-optional-property-became-not-read-only": (_H, "a field may be sent now"),
    "request-required-property-became-not-read-only": (_B, "a field must be sent now: messages without it are refused"),
    "request-optional-property-became-write-only": (_H, "a field is only sent, never answered"),
    "request-required-property-became-write-only": (_H, "a field is only sent, never answered"),
    "request-optional-property-became-not-write-only": (_H, "a field that was only sent is answered as well"),
    "request-required-property-became-not-write-only": (_H, "a field that was only sent is answered as well"),
    "response-optional-property-became-write-only": (_R, "a field that came at times is answered no more"),
    "response-required-property-became-write-only": (_B, "a field that always came is answered no more"),
    "response-optional-property-became-not-write-only": (_H, "a field that was only sent is answered as well"),
    "response-required-property-became-not-write-only": (
        _R,
        "a field that was only sent is answered as well: it may have been kept secret",
    ),
    "response-optional-property-became-read-only": (_H, "a field is only answered, never taken"),
    "response-required-property-became-read-only": (_H, "a field is only answered, never taken"),
    "response-optional-property-became-not-read-only": (_H, "a field that was only answered is taken as well"),
    "response-required-property-became-not-read-only": (_H, "a field that was only answered is taken as well"),
    # Operations.
    "endpoint-added": (_H, "an operation is new"),
    "api-path-removed-without-deprecation": (_B, "a path is gone, with all its operations"),
    "api-path-removed-with-deprecation": (_H, "a path is gone that had been announced to go"),
    "api-path-removed-before-sunset": (_B, "a path is gone before the day it was to go, {old}"),
    "api-path-sunset-parse": (_B, "a path is gone, and x-sunset {old} is no date"),
    "api-removed-without-deprecation": (_B, "an operation is gone"),
    "api-removed-with-deprecation": (_H, "an operation is gone that had been announced to go"),
    "api-removed-before-sunset": (_B, "an operation is gone before the day it was to go, {old}"),
    "endpoint-deprecated": (_H, "an operation is announced to go"),
    "endpoint-deprecated-with-sunset": (_H, "an operation is announced to go on {new}"),
    "endpoint-reactivated": (_H, "an operation is no longer announced to go"),
    "api-deprecated-sunset-parse": (_B, "x-sunset {new} is no date: nobody knows when the operation goes"),
    "sunset-deleted": (_B, "the operation still goes, and the day {old} is no longer said"),
    "api-sunset-date-changed-too-small": (_B, "the operation goes on {new}, earlier than {old}"),
    "api-operation-id-removed": (_H, "the operation id {old} is gone; generated clients are named after it"),
    "api-operation-id-added": (_H, "the operation id {new} is new"),
    "api-tag-removed": (_H, "the tag {old} is gone"),
    "api-tag-added": (_H, "the tag {new} is new"),
    "webhook-added": (_H, "a webhook is new"),
    "webhook-removed": (_B, "a webhook is gone: who waits for its calls gets none"),
    "callback-added": (_H, "a callback is new"),
    "callback-removed": (_B, "a callback is gone: who waits for its calls gets none"),
    # Parameters.
    "new-required-request-parameter": (_B, "a parameter is new and required: calls without it are refused"),
    "new-optional-request-parameter": (_H, "a parameter is new; it may be left out"),
    "new-request-path-parameter": (_B, "a parameter of the path is new: the address is another"),
    "request-parameter-removed": (_R, "a parameter is gone: sent all the same, it is ignored or refused"),
    "request-parameter-removed-with-deprecation": (_H, "a parameter is gone that had been announced to go"),
    "request-parameter-removed-before-sunset": (_B, "a parameter is gone before the day it was to go, {old}"),
    "request-parameter-sunset-parse": (_B, "a parameter is gone, and x-sunset {old} is no date"),
    "request-parameter-became-required": (_B, "a parameter became required: calls without it are refused"),
    "request-parameter-became-optional": (_H, "a parameter may be left out now"),
    "request-parameter-deprecated": (_H, "a parameter is announced to go"),
    "request-parameter-reactivated": (_H, "a parameter is no longer announced to go"),
    "request-parameter-sunset-deleted": (_B, "the parameter still goes, and the day {old} is no longer said"),
    "request-parameter-sunset-date-changed-too-small": (_B, "the parameter goes on {new}, earlier than {old}"),
    "request-parameter-style-changed": (_B, "the parameter was written as {old} and is written as {new}"),
    "request-parameter-explode-changed": (_B, "the parameter's values were written with explode {old} and are with {new}"),
    "request-parameter-became-allow-reserved": (_H, "reserved characters may stand as they are"),
    "request-parameter-became-not-allow-reserved": (_B, "reserved characters must be escaped now"),
    # Bodies, answers, headers.
    "request-body-added-required": (_B, "a body is new and required: calls without it are refused"),
    "request-body-added-optional": (_H, "a body is new; it may be left out"),
    "request-body-removed": (_B, "the body is gone: sent all the same, it is ignored or refused"),
    "request-body-became-required": (_B, "the body became required: calls without it are refused"),
    "request-body-became-optional": (_H, "the body may be left out now"),
    "request-body-media-type-added": (_H, "{new} is accepted as well"),
    "request-body-media-type-removed": (_B, "{old} is accepted no longer"),
    "request-body-media-type-schema-added": (_B, "the body had no form and has one: what was accepted may be refused"),
    "request-body-media-type-schema-removed": (_H, "the body has no form any longer"),
    "response-body-media-type-schema-added": (_H, "the answer had no form and has one"),
    "response-body-media-type-schema-removed": (_B, "the answer has no form any longer: nothing of it is promised"),
    "response-media-type-added": (_H, "the answer comes as {new} as well, to who asks for it"),
    "response-media-type-removed": (_B, "the answer no longer comes as {old}"),
    "response-success-status-added": (_H, "success may be answered by {new}"),
    "response-success-status-removed": (_B, "success is no longer answered by {old}: who waits for it takes the answer for a failure"),
    "response-non-success-status-added": (_H, "failure may be answered by {new}"),
    "response-non-success-status-removed": (_H, "failure is no longer answered by {old}"),
    "response-header-added": (_H, "a header is new"),
    "required-response-header-removed": (_B, "a header that always came is gone"),
    "optional-response-header-removed": (_R, "a header that came at times is gone"),
    "response-header-became-optional": (_B, "a header that always came may be missing"),
    "response-header-became-required": (_H, "a header that came at times always comes"),
    # Access.
    "api-security-became-required": (_B, "it was open to anybody and wants {new}: calls without are refused"),
    "api-security-became-optional": (_R, "it wanted {old} and is open to anybody: clients go on, but is it meant?"),
    "api-security-removed": (_B, "access by {old} is gone"),
    "api-security-added": (_H, "access by {new} is given as well"),
    "api-security-scope-added": (_B, "access wants {new} as well"),
    "api-security-scope-removed": (_H, "access wants {old} no longer"),
    "api-global-security-removed": (_B, "access by {old} is gone, for every operation that says nothing else"),
    "api-global-security-added": (_H, "access by {new} is given as well, for every operation that says nothing else"),
    "api-global-security-scope-added": (_B, "access wants {new} as well, for every operation that says nothing else"),
    "api-global-security-scope-removed": (_H, "access wants {old} no longer, for every operation that says nothing else"),
    "api-security-component-added": (_H, "a way to log in is new"),
    "api-security-component-removed": (_H, "a way to log in is gone; the operations that used it say so"),
    "api-security-component-type-changed": (_B, "the way to log in went from {old} to {new}"),
    "api-security-component-changed": (_B, "the way to log in went from {old} to {new}"),
    "api-security-component-oauth-url-changed": (_H, "the address to log in at went from {old} to {new}"),
    "api-security-component-oauth-token-url-changed": (_H, "the address of tokens went from {old} to {new}"),
    "api-security-component-oauth-scope-added": (_H, "the scope {new} is new"),
    "api-security-component-oauth-scope-removed": (_H, "the scope {old} is gone; the operations that wanted it say so"),
    "api-server-added": (_H, "it answers at {new} as well"),
    "api-server-removed": (_R, "nothing says any longer that it answers at {old}"),
}


def _lifecycle_rules() -> dict[str, tuple[Impact, str]]:
    rules: dict[str, tuple[Impact, str]] = {}
    for side in Side:
        rules |= {
            f"{side}-property-deprecated": (_H, "a field is announced to go"),
            f"{side}-property-deprecated-with-sunset": (_H, "a field is announced to go on {new}"),
            f"{side}-property-deprecated-sunset-invalid": (_B, "x-sunset {new} is no date: nobody knows when the field goes"),
            f"{side}-property-reactivated": (_H, "a field is no longer announced to go"),
        }
    return rules


OPENAPI: Mapping[str, Rule] = MappingProxyType(
    {**_schema_rules(), **{name: Rule(name, *rest) for name, rest in {**_NAMED, **_lifecycle_rules()}.items()}}
)
"""Rules of OpenAPI contracts; those about schemas are also those of messages."""
