"""Taking secrets out of the JUnit file that pytest writes: it holds what failed and what was printed, as it was."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from erp_testkit.evidence.redaction import Redactor

JUNIT = "junit.xml"


def join(files: Iterable[Path], target: Path) -> None:
    """Write the test suites of several JUnit files into one; files that are not there are left out.

    Raises:
        OSError: one cannot be read or written.
    """
    from xml.etree.ElementTree import Element, ElementTree, parse  # only where there is a JUnit file

    joined = Element("testsuites", name="erp-testkit")
    for file in files:
        if file.is_file():
            joined.extend(parse(file).getroot().iter("testsuite"))  # noqa: S314  # written by the kit
    if len(joined):
        ElementTree(joined).write(target, encoding="utf-8", xml_declaration=True)


def clean(file: Path, redactor: Redactor, dropped: str) -> None:
    """Redact all texts of a JUnit file, where there is one.

    Args:
        file: the file.
        redactor: takes the secrets out.
        dropped: name of a property that is left out, because events hold the same in a better form.

    Raises:
        OSError: it cannot be read or written.
    """
    if not file.is_file():
        return
    # The kit's own file, made a moment ago: nothing in it can expand.
    from xml.etree.ElementTree import parse  # only where there is a JUnit file

    tree = parse(file)  # noqa: S314
    for properties in tree.iter("properties"):
        for entry in [entry for entry in properties if entry.get("name") == dropped]:
            properties.remove(entry)
    for element in tree.iter():
        element.text = redactor.text(element.text) if element.text else element.text
        for name, value in element.items():
            element.set(name, redactor.text(value))
    tree.write(file, encoding="utf-8", xml_declaration=True)
