"""What the store hands out: a session as it was at one moment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from assistant.records import Constraint, Conversation, Event, Message, Pick, Record, Reply, State

StateSource = Literal["reading", "edit"]
Thumb = Literal["up", "down"]


class StateEntry(Record):
    """One state of a session's history, with the picks shown under it. `after_message` is the index of the last
    message when it was made (-1: none yet); `source` says whether the reader or a hand made it."""

    source: StateSource
    state: State
    picks: tuple[Pick, ...] = ()
    relaxed: tuple[Constraint, ...] = ()
    after_message: int = -1
    timestamp: str
    undone: bool = False


class Feedback(Record):
    """What a shopper thought of one answer; `message_index` counts all messages of the session from 0."""

    message_index: int
    value: Thumb
    comment: str = ""
    timestamp: str


class Handover(Record):
    """An agent took a conversation over or gave it back, after message `after_message` (an index, -1: before any)."""

    action: Literal["take_over", "give_back"]
    agent: str
    after_message: int
    timestamp: str


class Note(Record):
    """What an agent wrote when they were done with a conversation, after message `after_message` (-1: before any):
    in short, at length, of which type the case was and how satisfied the customer seemed, 1 to 5."""

    agent: str
    short: str
    long: str = ""
    type: str | None = None
    satisfaction: int | None = Field(default=None, ge=1, le=5)
    after_message: int
    timestamp: str


class Overview(Record):
    """A conversation as a queue shows it: its last message and the shopper's, the assistant's last reply, the state as
    it is.

    `handed_over`: a reply promised the shopper a person, and none has come yet. `attended`: an agent wrote the last
    message, or took the conversation over or gave it back after it. `reply_index` is the reply's place among the
    messages, `emails` the addresses that the shopper wrote, oldest first."""

    id: str
    user_id: str | None = None
    created: str
    updated: str
    holder: str | None = None
    messages: int = 0
    last_message: Message | None = None
    last_said: Message | None = None
    emails: tuple[str, ...] = ()
    last_reply: Reply | None = None
    reply_index: int | None = None
    state: State = State()
    handed_over: bool = False
    attended: bool = False


class StoredSession(Record):
    """A session as it was at one moment. `revision` counts changes of messages, states and holder: hand it back as
    `expected` to be told when somebody else wrote in between. `holder` is the agent who holds the conversation, `None`
    while the assistant does. `replies` is by index of the assistant's message; `basket` maps product ids to
    quantities, in the order in which they came in.
    """

    id: str
    user_id: str | None = None
    created: str
    updated: str
    revision: int
    holder: str | None = None
    handovers: tuple[Handover, ...] = ()
    notes: tuple[Note, ...] = ()
    messages: tuple[Message, ...] = ()
    events: tuple[Event, ...] = ()
    replies: dict[int, Reply] = Field(default_factory=dict)
    states: tuple[StateEntry, ...] = ()
    basket: dict[str, int] = Field(default_factory=dict)
    feedback: tuple[Feedback, ...] = ()

    @property
    def current(self) -> StateEntry | None:
        """The last state that was not taken back; `None` before the first."""
        return next((entry for entry in reversed(self.states) if not entry.undone), None)

    @property
    def state(self) -> State:
        """What holds now; an empty state before the first reading."""
        return self.current.state if self.current else State()

    @property
    def picks(self) -> tuple[Pick, ...]:
        """The picks that belong to the current state."""
        return self.current.picks if self.current else ()

    @property
    def relaxed(self) -> tuple[Constraint, ...]:
        """The constraints that the current picks had to give up."""
        return self.current.relaxed if self.current else ()

    @property
    def undoable(self) -> tuple[State, ...]:
        """The states that `Store.undo` goes back to, oldest first: those before each change by hand since the last
        reading."""
        live = [entry for entry in self.states if not entry.undone]
        edits = 0
        while edits < len(live) and live[-1 - edits].source == "edit":
            edits += 1
        before = [State(), *(entry.state for entry in live)]
        return tuple(before[len(before) - 1 - edits : -1])

    @property
    def conversation(self) -> Conversation:
        """The messages and events as a reader takes them."""
        return Conversation(id=self.id, messages=self.messages, events=self.events)
