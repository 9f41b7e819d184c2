"""The bridge between a local Chatwoot and the assistant over the small shop: real servers on both sides, real store,
policy and copilot; only the two language models are stood in for."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from assistant.api import create_app
from assistant.assistant import Assistant
from assistant.chatwoot.answering import GIVEN_UP, ONLY_TEXT
from assistant.chatwoot.bridge import Bridge
from assistant.chatwoot.events import Webhook
from assistant.chatwoot.intake import HOLDER
from assistant.chatwoot.ledger import WITHHELD, Ledger
from assistant.chatwoot.schema import conversations, heard
from assistant.config import ChatwootSettings
from assistant.errors import ModelError
from assistant.store import StoreError
from tests.assistant.chatwoot_server import ACCOUNT, BOT, INES, SECRET, TOKEN, Chatwoot, chatwoot_server, signed
from tests.assistant.copilot.desk_shop import ANGRY, BOOTS, HUMAN, RETURN, THANKS, desk_assistant
from tests.assistant.local_server import serving

PATH = "/api/chatwoot"
PATIENCE = 30.0


def until(holds: Callable[[], Any]) -> None:
    """Waits until something holds; fails where it does not come true."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index") / "index"


class Site:
    """A Shopkeeper that is bridged to a Chatwoot, served whole; it can be stopped and started again."""

    def __init__(self, home: Path, index: Path, chatwoot: Chatwoot, url: str) -> None:
        self.chatwoot = chatwoot
        self.settings = ChatwootSettings(url=url, account=ACCOUNT, token=TOKEN, secret=SECRET)
        plain = desk_assistant(home, index)
        settings = plain.settings.model_copy(update={"chatwoot": self.settings})
        self.assistant = Assistant(replace(plain._parts, settings=settings))
        self.desk = plain.desk
        self.ledger = Ledger(settings.store.url, ACCOUNT, "the test", time.time)

    def bridge(self) -> Bridge:
        """A bridge that tries again at once."""
        return Bridge(self.assistant, self.settings, backoff=lambda failed: 0.05, tick=0.05)

    def app(self) -> FastAPI:
        """The application with that bridge."""
        app = create_app(self.assistant)
        app.state.chatwoot.close()
        app.state.chatwoot = self.bridge()
        return app

    @contextmanager
    def served(self) -> Iterator[str]:
        """The address of the webhook while it runs."""
        with serving(self.app()) as url:
            self.chatwoot.hook = url + PATH
            yield url + PATH
        self.chatwoot.hook = None

    def close(self) -> None:
        """Closes what is open."""
        self.ledger.close()
        self.assistant.close()
        self.desk.close()

    def session_ids(self) -> list[str]:
        """The sessions of the conversations."""
        with self.ledger._database.read() as connection:
            return list(connection.scalars(sa.select(conversations.c.session_id)))

    def transcript(self) -> list[tuple[str, str]]:
        """The messages of the only session."""
        (session_id,) = self.session_ids()
        return [(message.role, message.content) for message in self.assistant.session(session_id).messages]

    def holder(self) -> str | None:
        """Who holds the only session."""
        (session_id,) = self.session_ids()
        return self.assistant.session(session_id).holder

    def settled(self) -> bool:
        """Whether nothing is left to do, and nobody is at it."""
        if self.ledger.due() or self.ledger.waiting():
            return False
        with self.ledger._database.read() as connection:
            heard_all = connection.scalar(sa.select(heard.c.id).where(~heard.c.done).limit(1)) is None
            at_it = connection.scalar(sa.select(sa.func.max(conversations.c.leased_until)))
        return heard_all and not at_it


@pytest.fixture
def site(tmp_path: Path, index: Path) -> Iterator[Site]:
    with chatwoot_server() as (chatwoot, url):
        site = Site(tmp_path, index, chatwoot, url)
        yield site
        site.close()


@pytest.fixture
def chatwoot(site: Site) -> Iterator[Chatwoot]:
    with site.served():
        yield site.chatwoot


# --- messages ----------------------------------------------------------------------------------------------------


def test_a_contact_gets_the_assistants_reply(site: Site, chatwoot: Chatwoot) -> None:
    answer = chatwoot.contact_says(1, BOOTS)
    assert answer is not None and (answer.status_code, answer.json()) == (200, {"status": "accepted"})
    until(lambda: chatwoot.talk(1).said_by("bot"))
    (user, (role, text)) = site.transcript()
    assert user == ("user", BOOTS) and role == "assistant"
    assert chatwoot.talk(1).said_by("bot") == [text]
    (path, body) = chatwoot.calls[0]
    assert path == f"/api/v1/accounts/{ACCOUNT}/conversations/1/messages" and chatwoot.tokens == [TOKEN]
    assert (body["message_type"], body["private"]) == ("outgoing", False)


def test_messages_are_answered_one_after_the_other(site: Site, chatwoot: Chatwoot) -> None:
    for text in (BOOTS, RETURN, THANKS):
        chatwoot.contact_says(1, text)
    until(lambda: len(chatwoot.talk(1).said_by("bot")) == 3)
    said = site.transcript()
    assert [text for role, text in said if role == "user"] == [BOOTS, RETURN, THANKS]
    assert [text for role, text in said if role == "assistant"] == chatwoot.talk(1).said_by("bot")
    assert [role for role, _ in said] == ["user", "assistant"] * 3


def test_each_conversation_is_a_session_of_its_own(site: Site, chatwoot: Chatwoot) -> None:
    talks = range(1, 5)
    threads = [threading.Thread(target=chatwoot.contact_says, args=(id, BOOTS)) for id in talks for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: all(len(chatwoot.talk(id).said_by("bot")) == 2 for id in talks))
    assert len(site.session_ids()) == len(talks)
    assert all(len(site.assistant.session(id).messages) == 4 for id in site.session_ids())


def test_a_webhook_that_comes_again_is_answered_once(site: Site, chatwoot: Chatwoot) -> None:
    first = chatwoot.contact_says(1, BOOTS, message_id=7)
    again = [threading.Thread(target=chatwoot.contact_says, args=(1, BOOTS, 7)) for _ in range(4)]
    for thread in again:
        thread.start()
    for thread in again:
        thread.join()
    last = chatwoot.contact_says(1, BOOTS, message_id=7)
    assert first is not None and first.json() == {"status": "accepted"}
    assert last is not None and last.json() == {"status": "ignored"}
    until(site.settled)
    assert len(chatwoot.talk(1).said_by("bot")) == 1 and len(site.transcript()) == 2


def quiet(chatwoot: Chatwoot) -> dict[str, dict[str, Any]]:
    """Webhooks that are nothing to be answered."""
    talk, ana = chatwoot.talk(1), chatwoot.talk(1).contact
    other = chatwoot.message(talk, BOOTS, "incoming", ana)
    return {
        "our own message": chatwoot.message(talk, "[recommend]", "outgoing", BOT),
        "another bot's": chatwoot.message(talk, "hello", "incoming", BOT),
        "a private note": chatwoot.message(talk, BOOTS, "incoming", ana, private=True),
        "a colleague's note": chatwoot.message(talk, BOOTS, "outgoing", INES, private=True),
        "a template": chatwoot.message(talk, BOOTS, "template", None),
        "an automation's": chatwoot.message(talk, BOOTS, "outgoing", INES, attributes={"automation_rule_id": 2}),
        "a change": chatwoot.message(talk, BOOTS, "incoming", ana, event="message_updated"),
        "another account": {**other, "account": {"id": ACCOUNT + 1}},
        "a widget": {"event": "webwidget_triggered", "id": 5, "account": {"id": ACCOUNT}, "event_info": {}},
        "an unknown event": {"event": "contact_updated", "id": 5, "account": {"id": ACCOUNT}},
        "typing": {"event": "conversation_typing_on", "conversation": talk.payload(), "is_private": False},
        "resolved before it began": chatwoot.about(talk, "conversation_resolved"),
    }


def test_what_is_not_a_contacts_message_is_passed_over(site: Site, chatwoot: Chatwoot) -> None:
    for name, webhook in quiet(chatwoot).items():
        answer = chatwoot.send(webhook)
        assert answer is not None and (answer.status_code, answer.json()) == (200, {"status": "ignored"}), name
    assert site.session_ids() == [] and chatwoot.calls == []


def test_what_cannot_be_read_is_answered_in_words(site: Site, chatwoot: Chatwoot) -> None:
    chatwoot.contact_says(1, None)
    chatwoot.contact_says(1, "x" * 4001)
    until(lambda: len(chatwoot.talk(1).said_by("bot")) == 2)
    assert chatwoot.talk(1).said_by("bot")[0] == ONLY_TEXT
    assert "4,000" in chatwoot.talk(1).said_by("bot")[1]
    assert site.transcript() == []


@pytest.mark.parametrize("verified", [True, False])
def test_a_contact_is_a_customer_only_where_the_shop_vouches_for_it(
    site: Site, chatwoot: Chatwoot, verified: bool
) -> None:
    talk = chatwoot.talk(1)
    talk.contact["identifier"], talk.verified = "C1", verified
    chatwoot.contact_says(1, BOOTS)
    (session_id,) = site.session_ids()
    assert site.assistant.session(session_id).user_id == ("C1" if verified else None)


# --- the signature -----------------------------------------------------------------------------------------------

BODY = b'{"event": "message_created"}'


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "has no"),
        ({"X-Chatwoot-Timestamp": "1"}, "has no"),
        (signed(BODY, secret="another secret"), "is wrong"),
        (signed(BODY + b" "), "is wrong"),
        ({**signed(BODY), "X-Chatwoot-Timestamp": str(int(time.time()) - 1)}, "is wrong"),
        ({**signed(BODY), "X-Chatwoot-Signature": "sha256=\xe9"}, "is wrong"),
        (signed(BODY, at=time.time() - 3600), "too old"),
        (signed(BODY, at=time.time() + 3600), "too old"),
    ],
)
def test_what_chatwoot_did_not_sign_a_moment_ago_is_refused(
    site: Site, chatwoot: Chatwoot, headers: dict[str, str], why: str
) -> None:
    assert chatwoot.hook is not None
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = httpx.post(chatwoot.hook, content=BODY, headers=raw)  # type: ignore[arg-type]
    assert answer.status_code == 401 and why in answer.json()["error"]["message"]
    assert site.session_ids() == []


def test_a_signed_body_that_is_no_webhook_is_told(chatwoot: Chatwoot) -> None:
    assert chatwoot.hook is not None
    for body in (b"no json", b"[]", b'{"id": 1}'):
        answer = httpx.post(chatwoot.hook, content=body, headers=signed(body))
        assert answer.status_code == 422 and "no webhook" in answer.json()["error"]["message"]


def test_without_settings_there_is_no_such_door(tmp_path: Path, index: Path) -> None:
    assistant = desk_assistant(tmp_path, index)
    with serving(create_app(assistant)) as url:
        assert httpx.post(url + PATH, content=BODY, headers=signed(BODY)).status_code == 404
    assistant.close()


# --- who answers -------------------------------------------------------------------------------------------------


def test_a_hand_over_opens_the_conversation_with_a_note_and_silences_the_assistant(
    site: Site, chatwoot: Chatwoot
) -> None:
    chatwoot.contact_says(1, BOOTS)
    chatwoot.contact_says(1, HUMAN)
    until(lambda: chatwoot.talk(1).status == "open")
    until(site.settled)
    talk = chatwoot.talk(1)
    assert len(talk.said_by("bot")) == 2 and site.holder() == HOLDER
    (note,) = talk.said_by("note")
    assert note.startswith("Handed over by the assistant.") and "Suggested reply" in note
    assert [path.rsplit("/")[-1] for path, _ in chatwoot.calls][-3:] == ["messages", "messages", "toggle_status"]

    chatwoot.contact_says(1, ANGRY)
    chatwoot.agent_says(1, "I am Ines, let me see.")
    until(site.settled)
    assert len(talk.said_by("bot")) == 2
    assert {("user", ANGRY), ("agent", "I am Ines, let me see.")} <= set(site.transcript())

    chatwoot.set_status(1, "resolved")
    assert site.holder() is None
    chatwoot.contact_says(1, THANKS)
    until(lambda: len(talk.said_by("bot")) == 3)
    assert site.transcript()[-2] == ("user", THANKS)


def test_a_hand_over_does_not_depend_on_the_note(
    site: Site, chatwoot: Chatwoot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> None:
        raise ModelError("the writer is down")

    monkeypatch.setattr(site.assistant.copilot, "suggest", failing)
    chatwoot.contact_says(1, HUMAN)
    until(lambda: chatwoot.talk(1).status == "open")
    assert chatwoot.talk(1).said_by("note") == [] and "handed over without a note" in caplog.text


def test_while_a_person_has_it_the_assistant_is_silent(site: Site, chatwoot: Chatwoot) -> None:
    chatwoot.talk(1).status = "open"
    chatwoot.contact_says(1, BOOTS)
    until(site.settled)
    assert chatwoot.calls == [] and site.transcript() == [("user", BOOTS)] and site.holder() == HOLDER
    (session_id,) = site.session_ids()
    assert site.assistant.session(session_id).state.active is not None
    chatwoot.set_status(1, "pending")
    chatwoot.contact_says(1, THANKS)
    until(lambda: chatwoot.talk(1).said_by("bot"))


def test_an_assignment_takes_over_and_its_end_gives_back(site: Site, chatwoot: Chatwoot) -> None:
    chatwoot.contact_says(1, BOOTS)
    until(lambda: chatwoot.talk(1).said_by("bot"))
    chatwoot.assign(1, BOT)
    assert site.holder() is None
    chatwoot.assign(1, INES)
    assert site.holder() == HOLDER
    chatwoot.contact_says(1, RETURN)
    until(site.settled)
    assert len(chatwoot.talk(1).said_by("bot")) == 1
    chatwoot.assign(1, None)
    assert site.holder() is None
    chatwoot.contact_says(1, THANKS)
    until(lambda: len(chatwoot.talk(1).said_by("bot")) == 2)


def test_who_was_assigned_in_an_earlier_round_does_not_silence_the_bot(site: Site, chatwoot: Chatwoot) -> None:
    talk, hook = chatwoot.talk(1), chatwoot.hook
    chatwoot.contact_says(1, HUMAN)
    until(lambda: talk.status == "open")
    until(site.settled)
    chatwoot.assign(1, INES)
    chatwoot.hook = None  # what follows is not told: we were down
    chatwoot.set_status(1, "resolved")
    chatwoot.hook = hook
    assert site.holder() == HOLDER
    chatwoot.contact_says(1, BOOTS)
    until(lambda: len(talk.said_by("bot")) == 2)
    assert site.holder() is None and talk.assignee == INES


def test_a_person_who_just_writes_takes_over_and_opens_it(site: Site, chatwoot: Chatwoot) -> None:
    chatwoot.contact_says(1, BOOTS)
    until(lambda: chatwoot.talk(1).said_by("bot"))
    chatwoot.agent_says(1, "Hello, I am Ines.")
    assert site.holder() == HOLDER and site.transcript()[-1] == ("agent", "Hello, I am Ines.")
    until(lambda: chatwoot.talk(1).status == "open")
    chatwoot.contact_says(1, RETURN)
    until(site.settled)
    assert len(chatwoot.talk(1).said_by("bot")) == 1


def test_news_that_is_older_than_what_is_known_changes_nothing(site: Site, chatwoot: Chatwoot) -> None:
    chatwoot.contact_says(1, BOOTS)
    until(lambda: chatwoot.talk(1).said_by("bot"))
    opened = chatwoot.about(chatwoot.talk(1), "conversation_opened")
    chatwoot.set_status(1, "open")
    chatwoot.set_status(1, "resolved")
    answer = chatwoot.send(opened)
    assert answer is not None and answer.json() == {"status": "ignored"} and site.holder() is None


def test_words_of_the_shops_own_desk_reach_the_contact(site: Site, chatwoot: Chatwoot) -> None:
    chatwoot.contact_says(1, BOOTS)
    until(lambda: chatwoot.talk(1).said_by("bot"))
    (session_id,) = site.session_ids()
    site.assistant.take_over(session_id, "otto")
    site.assistant.say_as_agent(session_id, "otto", "Otto here, at the shop's own desk.")
    until(lambda: "Otto here, at the shop's own desk." in chatwoot.talk(1).said_by("bot"))
    chatwoot.set_status(1, "open")
    chatwoot.agent_says(1, "And I am Ines.")
    chatwoot.contact_says(1, RETURN)
    until(site.settled)
    assert site.holder() == "otto" and len(chatwoot.talk(1).said_by("bot")) == 2


# --- when something is down --------------------------------------------------------------------------------------


def test_replies_wait_while_chatwoot_is_down_and_the_log_says_so_once(
    site: Site, chatwoot: Chatwoot, caplog: pytest.LogCaptureFixture
) -> None:
    chatwoot.down = True
    with caplog.at_level(logging.WARNING, "assistant.chatwoot"):
        for text in (BOOTS, RETURN):
            chatwoot.contact_says(1, text)
        until(lambda: len(site.transcript()) == 4 and len(chatwoot.calls) > 3)
        assert chatwoot.talk(1).said_by("bot") == []
        chatwoot.down = False
        until(lambda: len(chatwoot.talk(1).said_by("bot")) == 2)
        until(site.settled)
    assert chatwoot.talk(1).said_by("bot") == [text for role, text in site.transcript() if role == "assistant"]
    told = [record.getMessage() for record in caplog.records]
    assert len([line for line in told if "takes nothing: it answers 503" in line]) == 1
    assert len([line for line in told if "takes messages again" in line]) == 1


@pytest.mark.parametrize("fault", [429, 500, 401])
def test_a_passing_fault_is_tried_again(site: Site, chatwoot: Chatwoot, fault: int) -> None:
    chatwoot.faults = [fault, fault]
    chatwoot.contact_says(1, BOOTS)
    until(lambda: chatwoot.talk(1).said_by("bot"))
    assert len(chatwoot.calls) == 3


def test_what_is_refused_for_good_stops_nothing_else(
    site: Site, chatwoot: Chatwoot, caplog: pytest.LogCaptureFixture
) -> None:
    chatwoot.faults = [404]
    chatwoot.contact_says(1, BOOTS)
    chatwoot.contact_says(1, THANKS)
    until(lambda: chatwoot.talk(1).said_by("bot"))
    until(site.settled)
    assert len(chatwoot.calls) == 2 and "refuses a text for conversation 1 for good" in caplog.text


def test_a_message_whose_answer_was_lost_is_not_sent_twice(tmp_path: Path, index: Path) -> None:
    with chatwoot_server() as (chatwoot, url):
        site = Site(tmp_path, index, chatwoot, url)
        app = site.app()
        app.state.chatwoot.close()
        app.state.chatwoot = Bridge(site.assistant, site.settings, backoff=lambda failed: 1.5, tick=0.05)
        with serving(app) as address:
            chatwoot.hook = address + PATH
            chatwoot.loses_answers, chatwoot.faults = True, [500]
            chatwoot.contact_says(1, BOOTS)
            until(lambda: chatwoot.talk(1).said_by("bot"))
            until(site.settled)
            assert len(chatwoot.talk(1).said_by("bot")) == 1 and len(chatwoot.calls) == 1
        site.close()


def test_what_waits_is_sent_after_a_restart(site: Site) -> None:
    chatwoot = site.chatwoot
    with site.served():
        chatwoot.down = True
        chatwoot.contact_says(1, BOOTS)
        until(lambda: len(site.transcript()) == 2 and chatwoot.calls)
    assert chatwoot.talk(1).said_by("bot") == []
    chatwoot.down = False
    with site.served():
        until(lambda: chatwoot.talk(1).said_by("bot"))
        until(site.settled)
    assert len(chatwoot.talk(1).said_by("bot")) == 1 and len(site.transcript()) == 2


def test_what_was_taken_in_before_a_crash_is_answered_after_it(site: Site) -> None:
    chatwoot = site.chatwoot
    crashed = site.bridge()
    payload = chatwoot.message(chatwoot.talk(1), BOOTS, "incoming", chatwoot.talk(1).contact)
    assert crashed.take_in(Webhook.model_validate_json(json.dumps(payload)))
    with site.served():
        until(lambda: chatwoot.talk(1).said_by("bot"))
    crashed.close()


def test_a_turn_that_was_cut_off_is_not_doubled(site: Site) -> None:
    chatwoot, bridge = site.chatwoot, site.bridge()
    payload = chatwoot.message(chatwoot.talk(1), BOOTS, "incoming", chatwoot.talk(1).contact, id=5)
    bridge.take_in(Webhook.model_validate_json(json.dumps(payload)))
    (session_id,) = site.session_ids()
    site.assistant.respond(session_id, BOOTS, key="chatwoot:5")
    with site.served():
        until(lambda: chatwoot.talk(1).said_by("bot"))
        until(site.settled)
    assert len(chatwoot.talk(1).said_by("bot")) == 1 and len(site.transcript()) == 2
    bridge.close()


def test_a_reply_that_a_person_came_before_becomes_a_note(site: Site, chatwoot: Chatwoot) -> None:
    chatwoot.down = True
    chatwoot.contact_says(1, BOOTS)
    until(lambda: len(site.transcript()) == 2 and chatwoot.calls)
    chatwoot.set_status(1, "open")
    chatwoot.down = False
    until(lambda: chatwoot.talk(1).said_by("note"))
    until(site.settled)
    assert chatwoot.talk(1).said_by("bot") == []
    assert chatwoot.talk(1).said_by("note") == [WITHHELD + site.transcript()[1][1]]


def test_what_a_person_dealt_with_is_only_read(site: Site) -> None:
    chatwoot, bridge = site.chatwoot, site.bridge()
    talk = chatwoot.talk(1)
    for payload in (
        chatwoot.message(talk, BOOTS, "incoming", talk.contact),
        chatwoot.about(talk, "conversation_opened"),
        chatwoot.about(talk, "conversation_resolved"),
    ):
        bridge.take_in(Webhook.model_validate_json(json.dumps(payload)))
    assert site.holder() is None
    with site.served():
        until(site.settled)
    assert site.transcript() == [("user", BOOTS)] and site.holder() is None and chatwoot.calls == []
    bridge.close()


def test_where_the_assistant_fails_a_person_is_fetched(
    site: Site, chatwoot: Chatwoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def failing(*_: object) -> None:
        tried.append("x")
        raise ModelError("/secret/model is damaged")

    monkeypatch.setattr(site.assistant._parts.reader, "read", failing)
    chatwoot.contact_says(1, BOOTS)
    until(lambda: chatwoot.talk(1).status == "open")
    until(site.settled)
    assert chatwoot.talk(1).said_by("bot") == [GIVEN_UP] and site.holder() == HOLDER
    assert len(tried) >= 4


def test_a_session_that_was_deleted_is_begun_anew(site: Site, chatwoot: Chatwoot) -> None:
    chatwoot.contact_says(1, BOOTS)
    until(lambda: chatwoot.talk(1).said_by("bot"))
    until(site.settled)
    (session_id,) = site.session_ids()
    site.assistant.delete(session_id)
    chatwoot.contact_says(1, BOOTS)
    until(lambda: len(chatwoot.talk(1).said_by("bot")) == 2)
    assert site.session_ids() != [session_id] and len(site.transcript()) == 2


def test_chatwoot_is_asked_to_send_again_what_could_not_be_kept(
    site: Site, chatwoot: Chatwoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(site.assistant._parts.store, "create_session", full)
        answer = chatwoot.contact_says(1, BOOTS, message_id=7)
        assert answer is not None and answer.status_code == 500 and "disk" not in answer.text
    answer = chatwoot.contact_says(1, BOOTS, message_id=7)
    assert answer is not None and answer.json() == {"status": "accepted"}
    until(lambda: chatwoot.talk(1).said_by("bot"))
