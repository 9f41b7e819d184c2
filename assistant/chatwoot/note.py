"""The private note for the people who take a conversation over: what it is about, and what they may say and do."""

from __future__ import annotations

from assistant.copilot.records import SuggestedReply, Suggestion


def handover_note(suggestion: Suggestion) -> str:
    """A suggestion of the copilot as text."""
    parts = [f"Handed over by the assistant.\n{suggestion.summary}".strip()]
    parts += [_reply(reply) for reply in suggestion.replies]
    if (action := suggestion.next_action) is not None:
        why = f": {action.why}" if action.why else ""
        parts.append(f"Next step: {action.name.replace('_', ' ')}{why}")
    return "\n\n".join(parts)


def _reply(reply: SuggestedReply) -> str:
    cited = ", ".join(dict.fromkeys(f"{citation.kind} {citation.id}" for citation in reply.citations))
    return f"Suggested reply ({reply.tone}): {reply.text}" + (f"\nCites {cited}" if cited else "")
