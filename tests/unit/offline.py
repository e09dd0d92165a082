"""A Python without network, for tests that prove that nothing is fetched."""

import contextlib
import socket
import unittest.mock

_WAYS = ((socket.socket, "connect"), (socket.socket, "connect_ex"), (socket, "getaddrinfo"), (socket, "gethostbyname"))


@contextlib.contextmanager
def refused_network():
    """Inside, Python opens no connection and looks up no name: each try fails, and is entered by what it was given."""
    asked: list[tuple] = []

    def refused(*given, **more):
        asked.append(given)
        raise OSError("there is no network in this test")

    with contextlib.ExitStack() as patches:
        for place, name in _WAYS:
            patches.enter_context(unittest.mock.patch.object(place, name, refused))
        yield asked
