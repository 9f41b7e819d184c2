"""Messages as other desks pass them on: pages and mails with what was quoted in them."""

from __future__ import annotations

import pytest

from assistant.copilot.plain import plain

MAIL = """Please cancel LK-5226.

Regards, Hugh

On Thu, 19 Nov 2026 at 10:12, Larkspur <help@larkspur.example> wrote:
> You can return LK-5219 within 45 days.
>> I want to return the cello
--
Sent from my phone"""


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (MAIL, "Please cancel LK-5226.\n\nRegards, Hugh"),
        ("Where is it?\n\nOn Monday, 19 November 2026\nA Shop <a@b.example> wrote:\n\nIt left.", "Where is it?"),
        ("Yes, do.\n-----Original Message-----\nFrom: shop\nShall we cancel?", "Yes, do."),
        ("Broken.\n\nFrom: The Shop\nSent: Monday\nTo: me\n\nYour order", "Broken."),
        ("> was it the red one?\nno, the blue one", "no, the blue one"),
        ("Thanks\n-- \nAda\n12 Mill Lane", "Thanks"),
        ("<div><p>I want to <b>return</b> it&nbsp;now.<br>Ada &amp; Ben</p><script>alert(1)</script></div>",
         "I want to return it now.\nAda & Ben"),
        ("<p>Yes</p><blockquote>Shall we cancel?</blockquote>", "Yes"),
    ],
)  # fmt: skip
def test_only_what_was_written_for_the_message_is_left(text: str, written: str) -> None:
    assert plain(text) == written


@pytest.mark.parametrize("text", [
    "", "  a kettle  ", "is 3 < 4 and 5 > 4?", "a price > 50", "On Monday I wrote: no answer.\nWhy?", "I <3 it",
    "> all quoted", "From: Leeds\nI would like to return it", "<p></p>",
])  # fmt: skip
def test_other_messages_are_as_they_were(text: str) -> None:
    assert plain(text) == text
