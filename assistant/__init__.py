"""The conversation: reading, state, intent, policy, ranking, writing, sessions, API, web UI, command line."""
