"""The Gradio page: its regions, and which handler fills them when."""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr

from assistant.errors import InvalidInput, ShopkeeperError, UnknownSession
from assistant.records import Reply
from assistant.session import Session
from assistant.web.actions import IN_CATALOGUE, act
from assistant.web.pages import HERE, Pages
from assistant.web.security import PageHeaders
from assistant.web.turns import finished
from assistant.web.view import View

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.assistant import Assistant

LOG = logging.getLogger(__name__)
FAILED = "Sorry, I could not answer that just now. Your message is still below: try again."
GONE = "Your earlier chat is no longer kept, so this is a new one."
# The session id is kept in the shopper's own browser, where only they could read it: no secret is needed, but
# Gradio wants a key, and a fixed one lets a chat survive a restart of the server.
BROWSER_KEY = "shopkeeper"

NEWS_EVERY, NEWS_SELDOM = 2.5, 20.0
"""Seconds between two looks for what changed elsewhere: while an answer or a person is awaited, and otherwise."""

Update = dict[Any, Any]


def mount_blocks(app: FastAPI, assistant: Assistant, path: str) -> FastAPI:
    """Mounts the page; see `assistant.web.mount`."""
    style = (HERE / "static" / "theme.css").read_text(encoding="utf-8")
    app.add_middleware(PageHeaders, path=path)
    return gr.mount_gradio_app(
        app,
        Page(assistant).blocks,
        path,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        enable_monitoring=False,
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
        head=f"<style>{style}</style>",
    )


class Page:
    """The page of one assistant. What a shopper sees is in their `View` and session, none of it in here."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.pages = Pages(assistant)
        with gr.Blocks(title=assistant.settings.shop.name, fill_width=True, analytics_enabled=False) as self.blocks:
            self._lay_out()
            self._wire()

    def _lay_out(self) -> None:
        self.view = gr.State(View())
        self.heard = gr.State("")
        self.failed = gr.State(False)
        self.clock = gr.Timer(NEWS_SELDOM)
        self.stored = gr.BrowserState("", storage_key="shopkeeper.session", secret=BROWSER_KEY)
        script = (HERE / "static" / "app.js").read_text(encoding="utf-8")
        self.bus = _region("header", self.pages.header(), script)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Chat", id="chat"), gr.Row(elem_id="chat-row"):
                with gr.Column(elem_id="chat-column", scale=7, min_width=0):
                    with gr.Column(elem_id="scroll", min_width=0):
                        self.talk = _region("talk")
                        self.live = _region("live")
                    with gr.Row(elem_id="composer"):
                        self.message = gr.Textbox(
                            label="Your message", container=False, lines=1, max_lines=5, scale=1, min_width=0,
                            placeholder="What do you need?", elem_id="message",
                            html_attributes=gr.InputHTMLAttributes(enterkeyhint="send", autocomplete="off"),
                        )  # fmt: skip
                        self.send_button = gr.Button("Send", variant="primary", elem_id="send", min_width=0, scale=0)
                with gr.Column(elem_id="side", scale=4, min_width=0):
                    self.needs = _region("needs")
                    self.basket = _region("basket")
                    self.intent = _region("intent")
            with gr.Tab("Catalogue", id="catalogue"):
                self.recent = _region("recent")
                self.catalogue = _region("catalogue")
        self.sheet = _region("sheet")

    def _wire(self) -> None:
        outputs = [
            self.view, self.stored, self.talk, self.live, self.needs, self.basket, self.intent, self.recent,
            self.catalogue, self.sheet, self.message, self.send_button, self.clock, self.heard, self.failed,
        ]  # fmt: skip
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
        self.blocks.load(self.load, self.stored, outputs, **quiet)
        seen = [self.view, self.heard]
        self.bus.act(self.on_act, seen, outputs, trigger_mode="multiple", **quiet)
        self.clock.tick(self.on_tick, seen, outputs, trigger_mode="once", **quiet)
        send = [self.message.submit, self.send_button.click]
        for said in (
            self.bus.say(self.on_say, self.view, outputs, trigger_mode="once", **quiet),
            gr.on(send, self.on_send, [self.message, self.view], outputs, trigger_mode="once", **quiet),
        ):
            said.then(self.on_said, [self.view, self.failed], outputs, **quiet)

    # --- handlers --------------------------------------------------------------------------------------------

    def load(self, stored: str, request: gr.Request) -> Update:
        """A page was opened: its session goes on, or a new one begins where there is none."""
        session_id, notice = self._session_id(stored)
        view = View(session_id=session_id, staff=self._is_staff(request), notice=notice)
        return {**self._regions(view), self.catalogue: self.pages.catalogue(view), self.stored: session_id}

    def on_act(self, view: View, heard: str, event: gr.EventData) -> Update:
        """Something was clicked, or a form sent."""
        data = {str(key): str(value) for key, value in event._data.items()}
        name = data.pop("act", "")
        if name == "restart":
            return self._restarted(view)
        if name == "look":
            return self.on_tick(view, heard)
        try:
            view = act(self.assistant, view, name, data)
        except UnknownSession:
            return self._restarted(view, GONE)
        except ShopkeeperError as error:
            in_card = view.editing is not None
            view = replace(
                view, actions=view.actions + 1, problem=str(error) if in_card else "",
                notice="" if in_card else str(error),
            )  # fmt: skip
        regions = self._regions(view)
        return {**regions, self.catalogue: self.pages.catalogue(view)} if name in IN_CATALOGUE else regions

    def on_say(self, view: View, event: gr.EventData) -> Iterator[Update]:
        """An example, or "Try again", was clicked."""
        yield from self.on_send(str(event._data.get("text", "")), view)

    def on_send(self, message: str, view: View) -> Iterator[Update]:
        """A message was sent: what the assistant says appears as it is written; then `on_said` shows everything."""
        yield {self.live: self.pages.live(message), self.message: "", self.send_button: gr.Button(interactive=False)}
        ready: Update = {self.send_button: gr.Button(interactive=True)}
        failed: Update = {**ready, self.failed: True, self.message: message}
        try:
            for text in self._said(message, view):
                yield {self.live: self.pages.live(message, text)}
        except UnknownSession:
            yield {**self._restarted(view, GONE), **failed}
        except InvalidInput as error:
            yield {self.live: self.pages.live(problem=str(error)), **failed}
        except Exception:  # the shopper gets a plain sentence and their words back, the log the cause
            LOG.exception("A turn failed")
            yield {self.live: self.pages.live(message, problem=FAILED), **failed}
        else:
            yield ready

    def on_said(self, view: View, failed: bool) -> Update:
        """An answer is complete. What was opened or chosen while it was written stays as it is."""
        if failed:
            return {self.failed: False}
        try:
            return {**self._regions(replace(view, editing=None, problem="", notice="")), self.live: self.pages.live()}
        except UnknownSession:
            return self._restarted(view, GONE)

    def on_tick(self, view: View, heard: str) -> Update:
        """Shows what changed elsewhere: what an agent wrote, an answer, another window's edits. Mostly nothing did."""
        try:
            news = self.assistant.version(view.session_id)
            if news == heard:
                return {self.heard: heard}
            regions = self._regions(view)
        except UnknownSession:
            return {self.heard: heard}
        open_form = {self.needs} if view.editing is not None else set()
        kept = {self.view, self.sheet} | open_form
        return {self.heard: news, **{region: html for region, html in regions.items() if region not in kept}}

    def _said(self, message: str, view: View) -> Iterator[str]:
        """The reply so far, each time that it grows."""
        text = ""
        for piece in finished(self.assistant.stream(view.session_id, message)):
            if isinstance(piece, Reply):
                return
            text += piece
            yield text

    # --- regions ---------------------------------------------------------------------------------------------

    def _regions(self, view: View) -> Update:
        """Everything that a session or view can change, but the catalogue."""
        session = self.assistant.session(view.session_id)
        intent = self.assistant.intent(view.session_id) if view.staff and session.messages else None
        return {
            self.view: view,
            self.talk: self.pages.talk(session, view),
            self.needs: self.pages.needs(session, view),
            self.basket: self.pages.basket(session, view),
            self.intent: self.pages.intent(intent),
            self.recent: self.pages.recent(session),
            self.sheet: self.pages.sheet(view),
            self.clock: _clock(session),
        }

    def _restarted(self, view: View, notice: str = "") -> Update:
        """A new session in place of the one before, and the sentence that says why."""
        view = View(session_id=self.assistant.new_session(), staff=view.staff, notice=notice)
        return {**self._regions(view), self.live: self.pages.live(), self.stored: view.session_id}

    def _session_id(self, stored: str) -> tuple[str, str]:
        if not stored:
            return self.assistant.new_session(), ""
        try:
            return self.assistant.session(str(stored)).id, ""
        except UnknownSession:
            return self.assistant.new_session(), GONE

    def _is_staff(self, request: gr.Request) -> bool:
        server = self.assistant.settings.server
        if server.staff_token is None:
            return server.show_intent
        given = str(request.query_params.get("staff", ""))
        return server.show_intent or hmac.compare_digest(given.encode(), server.staff_token.encode())


def _clock(session: Session) -> gr.Timer:
    """Looks often while an answer is due, or a person is asked for or there, seldom otherwise."""
    due = bool(session.messages) and session.messages[-1].role == "user"
    asked = any(reply.handover for reply in session.replies.values())
    return gr.Timer(NEWS_EVERY if due or asked or session.holder is not None else NEWS_SELDOM)


def _region(name: str, value: str = "", script: str | None = None) -> gr.HTML:
    return gr.HTML(
        value, elem_id=name, apply_default_css=False, container=False, padding=False, js_on_load=script,
        min_width=0,
    )  # fmt: skip
