"""Judging the copilot: its actions by the database they leave, what it says of tickets, its answers and intents."""
