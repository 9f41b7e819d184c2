"""A report's files: one page for people, JSON for programs, JUnit for CI. It knows nothing of what was judged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from finetune.judging.page import Page, render

PAGE, FIGURES, JUNIT = "report.html", "report.json", "junit.xml"


@dataclass(frozen=True)
class Check:
    """One thing that was asked for; `failure` says what was found where it does not hold, `details` stand below it."""

    name: str
    failure: str | None = None
    details: str = ""


@dataclass(frozen=True)
class Suite:
    """The checks of one thing judged, its figures as properties, and the seconds that judging it took."""

    name: str
    classname: str
    checks: Sequence[Check]
    properties: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def write_report(folder: Path, page: Page, figures: dict[str, Any], junit: str) -> list[Path]:
    """Writes page, JSON and JUnit into `folder` and says which files they are."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, ensure_ascii=False, indent=1) + "\n"
    contents = {PAGE: render(page), FIGURES: text, JUNIT: junit}
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in contents]


def junit(command: str, suites: Sequence[Suite]) -> str:
    """JUnit XML of the suites. Characters that XML cannot hold are left out."""
    root = ElementTree.Element("testsuites", name=command)
    for suite in suites:
        _suite(root, suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ElementTree.Element, suite: Suite) -> None:
    failed = sum(check.failure is not None for check in suite.checks)
    seconds = f"{suite.seconds:.3f}"
    counts = {"tests": str(len(suite.checks)), "failures": str(failed), "time": seconds}
    element = _child(root, "testsuite", name=suite.name, **counts)
    properties = _child(element, "properties")
    for name, value in suite.properties.items():
        _child(properties, "property", name=name, value=value)
    for check in suite.checks:
        case = _child(element, "testcase", classname=suite.classname, name=check.name, time=seconds)
        if check.failure is not None:
            _child(case, "failure", message=check.failure).text = _printable(check.details)


def _child(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, {name: _printable(value) for name, value in attributes.items()})


def _printable(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or c.isprintable())
