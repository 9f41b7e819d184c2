"""What a person does with a workbook: turning pages, saving, leaving a message for later. Knows nothing of browsers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from assistant.errors import InvalidInput, ModelError
from assistant.reading import Reader
from assistant.records import State
from finetune.labelling.form import Form, Trouble
from finetune.labelling.proposals import Proposals
from finetune.labelling.workbook import Label, Workbook

LOG = logging.getLogger(__name__)
NOT_WRITTEN = "It could not be saved: {}. Nothing is lost: mend this and save again."


@dataclass(frozen=True)
class View:
    """What one open page shows: the task at `place`, the form as it was shown there, and what was saved for it then.

    `drafts` are forms that were changed and left without saving; they are kept as long as the page is open.
    """

    place: int = 0
    form: Form = field(default_factory=Form)
    origin: str = "read"
    seen: Label | None = None
    troubles: tuple[Trouble, ...] = ()
    drafts: Mapping[int, Form] = field(default_factory=dict)
    notice: str = ""
    problem: str = ""
    shown: int = 0


class Labelling:
    """What a person can do with a workbook. Each action turns the view of one page into the next."""

    def __init__(self, workbook: Workbook, reader: Reader) -> None:
        self.workbook = workbook
        self.proposals = Proposals(workbook, reader)

    def start(self) -> View:
        """The first message that has no saved label, or the first of all."""
        place = self.workbook.next_open(-1)
        return self.at(View(notice="All messages are saved." if place is None else ""), place or 0)

    def act(self, view: View, name: str, form: Form, place: str) -> View:
        """The view after a button or key. What was entered is never lost: it is saved, or kept as a draft."""
        view, before = replace(view, notice="", problem="", troubles=()), view
        if name == "save":
            return self._save(view, form)
        if name == "reset":
            drafts = {p: draft for p, draft in view.drafts.items() if p != view.place}
            return self.at(replace(view, drafts=drafts), view.place, anew=True)
        turns: dict[str, Callable[[], int | None]] = {
            "previous": lambda: view.place - 1,
            "next": lambda: view.place + 1,
            "skip": lambda: self.workbook.next_open(view.place),
            "go": lambda: int(place) - 1 if place.isascii() and place.isdigit() and len(place) < 9 else None,
        }
        if name not in turns:
            raise InvalidInput(f"There is no action {name[:40]!r}: reload the page.")
        kept = self._kept(before, view, form)
        wanted = turns[name]()
        if wanted is None or not 0 <= wanted < len(self.workbook.tasks) or wanted == view.place:
            said = "Every other message is saved." if name == "skip" else "There is no message beyond this one."
            return replace(kept, form=form, origin=view.origin, notice=said, shown=view.shown + 1)
        return self.at(kept, wanted)

    def at(self, view: View, place: int, *, anew: bool = False) -> View:
        """The page of a task; with `anew`, from what was read or given, whatever is saved."""
        seen = self.workbook.label(place)
        try:
            state, origin = self.proposals.fresh(place) if anew else self.proposals.state(place)
            problem = view.problem
        except ModelError as error:
            LOG.exception("A message could not be read")
            state, origin, problem = State(), "failed", f"The reader failed, so this one starts empty: {error}"
        form = view.drafts.get(place, Form.of(state))
        origin = "draft" if place in view.drafts else origin
        return replace(view, place=place, form=form, origin=origin, seen=seen, problem=problem, shown=view.shown + 1)

    def _save(self, view: View, form: Form) -> View:
        task = self.workbook.tasks[view.place]
        label, troubles = form.label(task.conversation)
        if troubles:
            count = f"{len(troubles)} things are" if len(troubles) > 1 else "One thing is"
            said = f"Not saved: {count} to be put right. {troubles[0].sentence}"
            return replace(view, form=form, troubles=tuple(troubles), problem=said, shown=view.shown + 1)
        try:
            self.workbook.save(view.place, {**(task.given or {}), **label}, view.seen)
        except (InvalidInput, OSError) as error:
            said = str(error) if isinstance(error, InvalidInput) else NOT_WRITTEN.format(error)
            return replace(view, form=form, problem=said, shown=view.shown + 1)
        drafts = {place: draft for place, draft in view.drafts.items() if place != view.place}
        following = self.workbook.next_open(view.place)
        number = view.place + 1
        notice = f"Message {number} is saved{', and so are all' if following is None else ''}."
        return self.at(replace(view, drafts=drafts, notice=notice), view.place if following is None else following)

    def _kept(self, before: View, view: View, form: Form) -> View:
        """The view with what was entered as a draft, where that is not what was shown or could not be saved."""
        if form == before.form and before.origin != "draft" and not before.troubles:
            return view
        notice = f"Message {view.place + 1} is not saved yet."
        return replace(view, drafts={**view.drafts, view.place: form}, notice=notice)
