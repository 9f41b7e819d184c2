"""The page: one message at a time, its conversation on one side and its state as a form on the other."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.compact.encoding import event_text
from assistant.errors import InvalidInput, ShopkeeperError
from assistant.web.security import PageHeaders
from finetune.labelling.form import ACTS, ATTRIBUTES, OPERATORS, STAGES, Form, NeedRows, Row, as_mapping
from finetune.labelling.session import Labelling, View

if TYPE_CHECKING:
    from fastapi import FastAPI

HERE = Path(__file__).parent
CHOICES: dict[str, Any] = {
    "acts": ACTS, "stages": STAGES, "attributes": ATTRIBUTES, "operators": OPERATORS,
    "blank_row": Row(), "blank_need": NeedRows(),
}  # fmt: skip


class Page:
    """The Gradio page over a `Labelling`. Everything in it is one region; what a person entered comes back as text."""

    def __init__(self, labelling: Labelling) -> None:
        self.labelling = labelling
        loader = FileSystemLoader(HERE)
        self._template = Environment(
            loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
        ).get_template("page.html")
        script = (HERE / "page.js").read_text(encoding="utf-8")
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        with gr.Blocks(title="Label", fill_width=True, analytics_enabled=False) as self.blocks:
            self.view = gr.State(View())
            self.region = gr.HTML(
                "", elem_id="label", apply_default_css=False, container=False, padding=False, js_on_load=script
            )
            self.blocks.load(self.load, None, [self.view, self.region], **quiet)
            self.region.act(self.on_act, self.view, [self.view, self.region], trigger_mode="multiple", **quiet)

    def load(self) -> tuple[View, str]:
        """A page was opened."""
        view = self.labelling.start()
        return view, self.render(view)

    def on_act(self, view: View, event: gr.EventData) -> tuple[View, str]:
        """A button or key was pressed."""
        data = {str(key): str(value) for key, value in event._data.items()}
        try:
            if data.get("at") != str(view.place):
                raise InvalidInput("The page had not caught up: please look again.")
            view = self.labelling.act(view, data.get("act", ""), Form.sent(data.get("form", "")), data.get("place", ""))
        except ShopkeeperError as error:
            view = replace(view, problem=str(error), shown=view.shown + 1)
        return view, self.render(view)

    def render(self, view: View) -> str:
        """The page as HTML."""
        workbook = self.labelling.workbook
        task = workbook.tasks[view.place]
        return self._template.render(
            place=view.place, count=len(workbook.tasks), done=workbook.done, origin=view.origin, form=view.form,
            notice=view.notice, problem=view.problem, troubles=as_mapping(list(view.troubles)), shown=view.shown,
            unsaved=view.origin == "draft" or bool(view.troubles),
            conversation=task.conversation, chain=task.chain, events=[event_text(e) for e in task.conversation.events],
            shoppers=[i for i, m in enumerate(task.conversation.messages) if m.role == "user"],
            **CHOICES,
        )  # fmt: skip


def mount_labelling(app: FastAPI, labelling: Labelling) -> FastAPI:
    """Puts the page at the root of `app`. It asks nothing of another host."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    app.add_middleware(PageHeaders, path="/")
    return gr.mount_gradio_app(
        app, Page(labelling).blocks, "/", footer_links=[], run_history=False, show_error=False, ssr_mode=False,
        pwa=False, enable_monitoring=False, head=f"<style>{style}</style>",
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
    )  # fmt: skip

