"""A chat model behind an OpenAI-compatible server, such as vLLM, with the interface of `generation.Generator`.

`client` asks, `transport` waits and tries again, `wire` knows the layout of requests and answers, `events` reads
server-sent events.
"""

from assistant.endpoint.client import Endpoint, EndpointOptions

__all__ = ["Endpoint", "EndpointOptions"]
