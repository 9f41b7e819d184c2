from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.copilot.grounding import unsupported
from assistant.copilot.records import Suggestion
from assistant.copilot.replies import NOT_COVERED, NOT_POSSIBLE, brief_reply, ruled
from assistant.copilot.suggest import suggest, suggestions
from assistant.copilot.summary import LABELS, NOTHING
from assistant.errors import ModelError
from assistant.note_prompt import OPENINGS
from assistant.records import Conversation, Edit, Fact, Message, Plan, Reading, State
from assistant.service import Actor, Proposal, parse_request
from assistant.shop import Clause
from assistant.writing import Writer, WritingError
from tests.assistant.copilot.desk_shop import (
    ANGRY,
    BITCOIN,
    BOOTS,
    HUMAN,
    PRIVATE,
    RETURN,
    THANKS,
    WHERE,
    desk_assistant,
    talk,
)
from tests.assistant.small_shop import POLICIES


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index") / "index"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, index: Path) -> Iterator[Assistant]:
    with desk_assistant(tmp_path_factory.mktemp("shop"), index) as assistant:
        yield assistant


def policy_citations(suggestion: Suggestion) -> set[str]:
    return {c.id for reply in suggestion.replies for c in reply.citations if c.kind == "policy"}


def test_a_suggestion_has_the_fields_of_formats(assistant: Assistant) -> None:
    suggestion = assistant.copilot.suggest(talk(assistant, BOOTS))
    formats = {"summary", "state", "replies", "next_action", "picks", "handover"}
    assert set(suggestion.model_dump()) == formats | {"forbidden"}
    assert suggestion.handover == "assistant"
    assert suggestion.picks
    assert suggestion.state.active is not None
    assert 2 <= len(suggestion.replies) <= 3
    assert len({reply.tone for reply in suggestion.replies}) == len(suggestion.replies)
    assert all(set(reply.model_dump()) >= {"text", "citations"} for reply in suggestion.replies)


def test_every_citation_quotes_its_record(assistant: Assistant) -> None:
    texts = {clause["id"]: clause["text"] for clause in POLICIES}
    for message in (BOOTS, RETURN, WHERE):
        suggestion = assistant.copilot.suggest(talk(assistant, message, user="C1"))
        citations = [c for reply in suggestion.replies for c in reply.citations]
        assert citations, message
        for citation in citations:
            if citation.kind == "policy":
                assert citation.quote == texts[citation.id]
            elif citation.kind == "product":
                product = assistant.product(citation.id)
                merchant_price = f"{product.amount:.2f} {product.currency}"
                assert citation.quote in (merchant_price, product.title) or citation.quote in product.model_dump_json()
            else:
                order_id, _, item_id = citation.id.partition("/")
                order = assistant.desk.order(order_id)
                values = [order.item(item_id).name] if item_id else [*order.model_dump(mode="json").values(), "TRK1"]
                assert citation.quote in [str(value) for value in values] + [str(order.balance)]


def test_a_reply_that_states_a_clause_cites_it_and_no_other(assistant: Assistant) -> None:
    for message in (RETURN, WHERE, BOOTS):
        for reply in assistant.copilot.suggest(talk(assistant, message, user="C1")).replies:
            stated = {clause["id"] for clause in POLICIES if clause["text"] in reply.text}
            assert stated == {c.id for c in reply.citations if c.kind == "policy"}


def test_a_deleted_clause_is_no_longer_cited(tmp_path: Path, index: Path, assistant: Assistant) -> None:
    assert "returns-2" in policy_citations(assistant.copilot.suggest(talk(assistant, RETURN)))
    left = [clause for clause in POLICIES if clause["id"] != "returns-2"]
    with desk_assistant(tmp_path, index, left) as without:
        suggestion = without.copilot.suggest(talk(without, RETURN))
    assert policy_citations(suggestion) <= {"returns-1"}
    assert not any("worn indoors" in reply.text for reply in suggestion.replies)


def test_what_no_clause_covers_is_said_plainly(assistant: Assistant) -> None:
    suggestion = assistant.copilot.suggest(talk(assistant, BITCOIN))
    assert suggestion.replies
    for reply in suggestion.replies:
        assert reply.text.startswith(NOT_COVERED)
        assert not reply.covered
        assert not policy_citations(suggestion)


def test_a_wish_for_a_person_is_answered_by_one(assistant: Assistant) -> None:
    session = talk(assistant, WHERE, HUMAN, user="C1")
    assistant.take_over(session.id, "ines")
    suggestion = assistant.copilot.suggest(assistant.session(session.id))
    assert suggestion.handover == "agent"
    assert suggestion.state.acts == ("ask_human",)
    assert all("[handover" not in reply.text for reply in suggestion.replies)
    assert any(c.id == "Q100" for reply in suggestion.replies for c in reply.citations)


def test_a_complaint_is_not_handed_over_again(assistant: Assistant) -> None:
    texts = [reply.text for reply in assistant.copilot.suggest(talk(assistant, ANGRY)).replies]
    assert any("[chat:complaint]" in text for text in texts)


def test_nothing_said_yet_gives_no_replies(assistant: Assistant) -> None:
    suggestion = assistant.copilot.suggest(talk(assistant))
    assert suggestion.summary == "Nothing was said yet."
    assert suggestion.replies == ()


def test_orders_are_told_as_the_desk_has_them_now(tmp_path: Path, index: Path) -> None:
    with desk_assistant(tmp_path, index) as assistant:
        session = talk(assistant, WHERE, user="C1")
        before = assistant.copilot.suggest(session)
        order = assistant.desk.order("Q100")
        assert order.status == "shipped"
        with assistant.desk._database.write() as connection:
            from assistant.service import rows

            rows.save(connection, assistant.desk.customer("C1"), order.model_copy(update={"status": "delivered"}))
        after = assistant.copilot.suggest(session)
        assert any(c.quote == "shipped" for c in before.replies[0].citations)
        assert any(c.quote == "delivered" for c in after.replies[0].citations)


def test_orders_of_somebody_else_are_not_told(assistant: Assistant) -> None:
    for user in (None, "C2"):
        suggestion = assistant.copilot.suggest(talk(assistant, WHERE, user=user))
        assert not any(c.kind == "order" for reply in suggestion.replies for c in reply.citations)
        assert "TRK1" not in suggestion.model_dump_json()
    ana = assistant.desk.customer("C1")
    vouched = assistant.copilot.suggest(talk(assistant, WHERE), ana)
    assert any(c.kind == "order" for reply in vouched.replies for c in reply.citations)


def test_personal_data_is_masked(assistant: Assistant) -> None:
    session = talk(assistant, PRIVATE, user="C1")
    suggestion = assistant.copilot.suggest(session).model_dump_json()
    wrapped = assistant.copilot.wrap_up(session).model_dump_json()
    for secret in ("12 Oak Street", "555-123-4567", "ana@example.org", "4111"):
        assert secret not in suggestion
        assert secret not in wrapped
    assert "[phone number]" in wrapped


def test_the_summary_keeps_up_and_says_nothing_else(assistant: Assistant) -> None:
    session_id = assistant.new_session("C1")
    seen = []
    for message in (BOOTS, RETURN, ANGRY, THANKS):
        assistant.respond(session_id, message)
        session = assistant.session(session_id)
        summary = assistant.copilot.suggest(session).summary
        assert unsupported(summary, [m.content for m in session.messages], labels=(*LABELS, *OPENINGS)) == []
        seen.append(summary)
    assert len(set(seen)) == len(seen)
    assert "hiking boots" in seen[0]
    assert "fed up" in seen[2]


def test_it_grows_from_the_summary_and_ends_whole(assistant: Assistant) -> None:
    session = talk(assistant, BOOTS)
    steps = list(suggestions(assistant._parts, session))
    assert steps[0].summary and not steps[0].replies
    assert steps[1].picks and not steps[1].replies
    assert steps[2].summary == steps[0].summary != steps[3].summary
    assert [len(step.replies) for step in steps[2:]] == [1, *range(1, len(steps) - 2)]
    assert steps[-1] == suggest(assistant._parts, session)


def test_without_time_there_is_still_one_reply(assistant: Assistant) -> None:
    suggestion = suggest(assistant._parts, talk(assistant, BOOTS), seconds=-1.0)
    assert [reply.tone for reply in suggestion.replies] == ["brief"]


def test_what_cannot_be_verified_leaves_the_brief_reply(assistant: Assistant) -> None:
    class Broken(Writer):
        def write(self, plan: Plan, conversation: Conversation) -> Iterator[str]:
            raise WritingError("nothing could be verified")
            yield ""

    parts = replace(assistant._parts, writer=Broken())
    assert [reply.tone for reply in suggest(parts, talk(assistant, RETURN)).replies] == ["brief"]


def test_a_writer_that_is_down_is_an_error_and_not_fewer_replies(assistant: Assistant) -> None:
    class Down(Writer):
        def write(self, plan: Plan, conversation: Conversation) -> Iterator[str]:
            raise ModelError("The server does not answer.")
            yield ""

    parts = replace(assistant._parts, writer=Down())
    with pytest.raises(ModelError, match="does not answer"):
        suggest(parts, talk(assistant, RETURN))


def test_it_is_remembered_until_the_conversation_moves_on(assistant: Assistant) -> None:
    session = talk(assistant, BOOTS)
    first = assistant.copilot.suggest(session)
    assert assistant.copilot.suggest(session) is first
    assistant.respond(session.id, RETURN)
    assert assistant.copilot.suggest(assistant.session(session.id)) is not first


def test_a_transcript_gives_what_the_stored_conversation_gives(assistant: Assistant) -> None:
    stored = talk(assistant, BOOTS)
    messages = tuple(Message(role=m.role, content=m.content) for m in stored.messages)
    given = assistant.copilot.suggest_for(Conversation(id="elsewhere", messages=messages), held=True)
    kept = assistant.copilot.suggest(stored)
    assert given.handover == "agent"
    assert given.replies == kept.replies
    assert "hiking boots" in given.summary and BOOTS in given.summary
    assert given.state.needs == kept.state.needs


@pytest.mark.parametrize("after", [(), (HUMAN,)])
def test_needs_that_were_corrected_by_hand_count(assistant: Assistant, after: tuple[str, ...]) -> None:
    session_id = talk(assistant, BOOTS, *after).id
    before = assistant.copilot.suggest(assistant.session(session_id))
    assistant.edit(session_id, Edit(action="remove", need=0, constraint=1))
    assistant.edit(session_id, Edit(action="replace", need=0, constraint=0, value=75))
    session = assistant.session(session_id)
    suggestion = assistant.copilot.suggest(session)
    prices = {assistant.product(c.id).amount for reply in suggestion.replies for c in reply.citations}
    assert prices == {70.0} and prices == {assistant.product(pick.id).amount for pick in suggestion.picks}
    assert "$70" in suggestion.replies[0].text and suggestion.replies != before.replies
    assistant.edit(session_id, Edit(action="undo"))
    assistant.edit(session_id, Edit(action="undo"))
    assert assistant.copilot.suggest(assistant.session(session_id)).replies == before.replies


def test_a_message_that_was_read_is_not_read_again(assistant: Assistant) -> None:
    class Gone:
        def read(self, state: State, conversation: Conversation) -> Reading:
            raise ModelError("asked again")

    session = talk(assistant, BOOTS)
    parts = replace(assistant._parts, reader=Gone())
    assert suggest(parts, session) == suggest(assistant._parts, session)
    assistant._parts.store.append_message(session.id, Message(role="user", content=RETURN))
    with pytest.raises(ModelError, match="asked again"):
        suggest(parts, assistant.session(session.id))


def test_suggesting_changes_nothing(assistant: Assistant) -> None:
    session = talk(assistant, WHERE, user="C1")
    assistant.copilot.suggest(session)
    assert assistant.session(session.id) == session
    assert list(assistant.desk.audit()) == []


def test_an_order_s_reply_states_the_clauses_that_decide(assistant: Assistant) -> None:
    order = (Fact(key="order.id", text="A1"), Fact(key="order.status", text="delivered"))
    plan = Plan(move="order", topic="return", why="", facts=(*order, Fact(key="policy1", text="Parcels are blue.")))
    clause = Clause(id="returns-9", topic="returns", text="Kettles cannot be returned.")
    (decided,) = ruled([plan], [clause])
    brief = brief_reply(assistant._parts, [decided], refused=True)
    assert brief is not None
    assert brief.text == f"Order A1 is delivered. {NOT_POSSIBLE} Kettles cannot be returned."
    assert [(cited.kind, cited.id) for cited in brief.citations] == [("policy", "returns-9")]
    assert ruled([plan], []) == (plan,)


def test_a_transcript_is_read_without_what_it_quotes(assistant: Assistant) -> None:
    mail = f"{THANKS}\n\nOn Monday, Ada <ada@example.com> wrote:\n> {BOOTS}"
    suggestion = assistant.copilot.suggest_for(Conversation(id="", messages=(Message(role="user", content=mail),)))
    assert "boots" not in suggestion.summary and not suggestion.picks and suggestion.replies


def test_to_a_message_without_words_nothing_is_answered(assistant: Assistant) -> None:
    suggestion = assistant.copilot.suggest_for(Conversation(id="", messages=(Message(role="user", content=" "),)))
    assert suggestion.replies == () and suggestion.summary == NOTHING


def test_a_wrap_up_note_says_what_was_done_at_the_desk_meanwhile(assistant: Assistant) -> None:
    desk, agent = assistant.desk, Actor(role="agent", id="ines")
    assert desk is not None
    customer = desk.customer(assistant.shop.orders["Q100"].customer.id or "")
    assert customer is not None
    address = {"address1": "2 Mill Lane", "city": "Easton", "zip": "44001"}
    request = parse_request({"name": "change_customer_address", "address": address})

    def do() -> None:
        proposal = desk.propose(agent, customer.id, request)
        assert isinstance(proposal, Proposal)
        assert desk.confirm(proposal.token, agent).status == "done"

    do()
    session = talk(assistant, WHERE, user=customer.id)
    assert "Done" not in assistant.copilot.wrap_up(session).short
    do()
    wrapped = assistant.copilot.wrap_up(session)
    assert all(text.count("Done: change customer address.") == 1 for text in (wrapped.short, wrapped.long))
