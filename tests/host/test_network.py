"""What is said of a server that cannot be reached."""

from __future__ import annotations

import socket

from aa_tui.host.network import why


def test_what_the_system_says_is_found_below_what_a_client_made_of_it() -> None:
    below = ConnectionRefusedError(111, "Connection refused")
    above = ValueError("the client failed")
    above.__context__ = below
    assert why(above) == "Connection refused"
    above.__cause__ = socket.gaierror(-2, "Name or service not known")
    assert why(above) == "its name cannot be looked up"


def test_a_client_that_raises_again_what_it_met_before() -> None:
    first, second = ValueError("the first try failed"), ValueError("the second try failed")
    first.__cause__, second.__context__ = second, first
    assert why(first) == "the first try failed"
