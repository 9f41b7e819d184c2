"""Chatwoot as the shop's other desk: its agent-bot webhooks in, replies and hand-overs back through its API."""
