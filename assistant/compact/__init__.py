"""The compact reader's parts: how a turn becomes tokens, the network, and how its scores become a reading."""
