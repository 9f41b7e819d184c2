"""The HTTP API: the same turns and records as the web app and the command line, for a shop's own front end."""

from assistant.api.app import create_app

__all__ = ["create_app"]
