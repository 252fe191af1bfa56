"""Runs whose approval sheets are looked at, and readers of HTML and PDF."""

import io
import re
from html.parser import HTMLParser

from pypdf import PdfReader

from erp_testkit.gate.reports import files
from erp_testkit.gate.reports.sheet import content
from erp_testkit.gate.reports.sheet.html import as_html
from erp_testkit.gate.reports.sheet.page import page_of
from tests import gate_packs
from tests.gate_packs import leave

HAN = re.compile(r"[\u4e00-\u9fff]")


class Text(HTMLParser):
    """What a reader of the HTML sees: cells and lines, one a line; tags that run or fetch anything are told."""

    def __init__(self, html):
        super().__init__()
        self.lines, self.tags, self.attributes, self._style = [], set(), [], False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        self._style = tag == "style"

    def handle_endtag(self, tag):
        self._style = False

    def handle_data(self, data):
        if not self._style and data.strip():
            self.lines.append(data.strip())


def judged(tmp_path, *results, text="", base=gate_packs.POLICY, waivers=None, **facts):
    """Leave a run, judge it by the test's own policy, and return its folder."""
    pack = leave(tmp_path / "runs" / "r1", *results, **facts)
    files.write(gate_packs.verdict(tmp_path, pack, text=text, base=base, waivers=waivers), pack / files.FOLDER)
    return pack


def sheet_of(pack, approvers=None, before=None):
    return content.read(pack, approvers, before)


def shown(sheet, language="en"):
    """Return the lines of the HTML sheet."""
    return Text(as_html(page_of(sheet, language))).lines


def below(lines, heading, until):
    start = lines.index(heading)
    return lines[start + 1 : lines.index(until, start)]


def pdf_text(data):
    return " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())
