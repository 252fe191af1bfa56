"""Comparing who may call, and where: security requirements, ways to log in, servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from erp_testkit.contracts.compatibility.report import Report
from erp_testkit.specs.document import without_extensions

_URLS = {"authorizationUrl": "oauth-url", "tokenUrl": "oauth-token-url"}
_FIELDS = ("name", "in", "scheme", "openIdConnectUrl")


def compare(old: Mapping[str, Any], new: Mapping[str, Any], report: Report) -> None:
    """Compare what holds for the whole contract."""
    compare_needs(old.get("security"), new.get("security"), report, "security")
    was, now = (content.get("components", {}).get("securitySchemes", {}) for content in (old, new))
    for name in sorted({*was, *now}):
        place = f"security scheme {name}"
        if name in was and name in now:
            _scheme(was[name], now[name], report, place)
        else:
            report.add(f"api-security-component-{'added' if name in now else 'removed'}", place)
    addresses, others = ([server.get("url", "/") for server in content.get("servers", ())] for content in (old, new))
    for url in addresses:
        if url not in others:
            report.add("api-server-removed", "servers", url)
    for url in others:
        if url not in addresses:
            report.add("api-server-added", "servers", None, url)


def compare_needs(old: Sequence[Any] | None, new: Sequence[Any] | None, report: Report, place: str) -> None:
    """Compare what a call needs; each entry is one way in, and an empty one is open to anybody."""
    was, now = _ways(old), _ways(new)
    kind = "api-global-security" if place == "security" else "api-security"
    if was == now:
        return
    if ("" in was) != ("" in now):
        ways = " or ".join(sorted({*was, *now} - {""}))
        rule = "api-security-became-optional" if "" in now else "api-security-became-required"
        report.add(rule, place, *((ways, None) if "" in now else (None, ways)))
        return
    for name in sorted({*was, *now}):
        if name not in now:
            report.add(f"{kind}-removed", place, name)
        elif name not in was:
            report.add(f"{kind}-added", place, None, name)
        else:
            for scope in sorted(was[name] - now[name]):
                report.add(f"{kind}-scope-removed", place, f"{name} {scope}")
            for scope in sorted(now[name] - was[name]):
                report.add(f"{kind}-scope-added", place, None, f"{name} {scope}")


def _ways(needs: Sequence[Any] | None) -> dict[str, set[str]]:
    """Return every way in by the names of what it wants, with its scopes."""
    if not needs:
        return {"": set()}
    return {" and ".join(sorted(need)): {scope for scopes in need.values() for scope in scopes} for need in needs}


def _scheme(old: Mapping[str, Any], new: Mapping[str, Any], report: Report, place: str) -> None:
    if old.get("type") != new.get("type"):
        report.add("api-security-component-type-changed", place, old.get("type"), new.get("type"))
        return
    for key in _FIELDS:
        if str(old.get(key)).lower() != str(new.get(key)).lower():
            report.add("api-security-component-changed", place, f"{key} {old.get(key)}", f"{key} {new.get(key)}")
    flows, others = without_extensions(old.get("flows", {})), without_extensions(new.get("flows", {}))
    for flow in sorted({*flows, *others}):
        was, now = flows.get(flow, {}), others.get(flow, {})
        for key, name in _URLS.items():
            if was.get(key) != now.get(key):
                report.add(f"api-security-component-{name}-changed", f"{place} {flow}", was.get(key), now.get(key))
        scopes, renewed = set(was.get("scopes", ())), set(now.get("scopes", ()))
        for scope in sorted(scopes - renewed):
            report.add("api-security-component-oauth-scope-removed", f"{place} {flow}", scope)
        for scope in sorted(renewed - scopes):
            report.add("api-security-component-oauth-scope-added", f"{place} {flow}", None, scope)
