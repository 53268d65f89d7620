"""The frame of the page: one script, which its policy names, and nothing else may run."""

import base64
import hashlib
import html
import re

from stages.report.layout import page, policy
from stages.report.markup import tag


def test_the_policy_names_the_one_script_by_its_hash() -> None:
    text = page("title", "head", {"a": ("A", tag("section"))}, "foot")
    (script,) = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (said,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(rule.strip().split(" ", 1) for rule in html.unescape(said).split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert html.unescape(said) == policy(script)


def test_no_element_has_code_in_an_attribute() -> None:
    text = page("title", "head", {"a": ("A", tag("section"))}, "foot")
    assert not re.search(r"<[^>]*\son\w+=", text)
