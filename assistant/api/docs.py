"""The API's description as a page of its own making: it needs nothing from another host, so it works offline."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1d2327 }
section { border-top: 1px solid #d5dadf; padding: .6rem 0 1rem }
h2 { font-size: 1.05rem; margin: .6rem 0 .2rem } h2 b { color: #0b6 } code, pre { font-family: ui-monospace, monospace }
pre { background: #f3f5f7; padding: .7rem; border-radius: 6px; font-size: .85rem; white-space: pre-wrap }
@media (prefers-color-scheme: dark) { body { background: #16191c; color: #e6e9ec } pre { background: #22272b } }
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>
<body><h1>{title}</h1><p>{summary}. <a href="openapi.json">openapi.json</a></p>{description}{sections}</body></html>"""


@router.get("/api/docs")
async def docs(request: Request) -> HTMLResponse:
    """All doors, with what they take and give."""
    spec = request.app.openapi()
    info = spec["info"]
    operations = [(m, path, o) for path, methods in spec["paths"].items() for m, o in methods.items()]
    return HTMLResponse(
        PAGE.format(
            title=escape(f"{info['title']} API {info['version']}"),
            style=STYLE,
            summary=escape(info["summary"]),
            description=_paragraphs(info["description"]),
            sections="".join(_section(spec, *operation) for operation in operations),
        )
    )


def _section(spec: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    head = f"<h2><b>{method.upper()}</b> <code>{escape(path)}</code> {escape(operation['summary'])}</h2>"
    statuses = ", ".join(f"{status} {answer['description']}" for status, answer in operation["responses"].items())
    body = "".join(f"<pre>{escape(text)}</pre>" for text in _bodies(spec, operation))
    text = _paragraphs(operation["description"])
    return f"<section>{head}{text}{body}<p><small>{escape(statuses)}</small></p></section>"


def _bodies(spec: dict[str, Any], operation: dict[str, Any]) -> list[str]:
    """What a request may hold: the examples of its schema, else its fields."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    references = [schema, *schema.get("anyOf", [])]
    names = [reference["$ref"].rsplit("/", 1)[-1] for reference in references if "$ref" in reference]
    shown = []
    for name in names:
        model = spec["components"]["schemas"][name]
        fields = {name: about.get("description", about.get("type", "")) for name, about in model["properties"].items()}
        shown += [json.dumps(example, indent=1) for example in model.get("examples", [fields])]
    return shown


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.strip().split("\n\n"))
