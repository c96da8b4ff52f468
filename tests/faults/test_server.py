"""A server that goes away in the middle of work, and connections that are cut: nobody notices but by waiting."""

from __future__ import annotations

import psycopg
import pytest
from faults.harness import Writer, run
from postgres import ALONE


def test_connections_that_are_cut_again_and_again(on_server):
    with psycopg.connect(on_server.address, autocommit=True) as link:
        run(on_server, [Writer(on_server, f"w{number}", 60) for number in range(3)], lambda: link.execute(ALONE), 0.03)


@pytest.mark.parametrize("how", ["immediate", "fast"])
def test_a_server_that_is_restarted_in_the_middle(on_server, postgres, how):
    """`immediate` is a crash: the server comes back by way of its own log."""
    if not postgres.folder:
        pytest.skip("the server is not ours to restart")
    left = [2]

    def restart():
        if left[0]:
            left[0] -= 1
            postgres.control("restart", "-m", how)

    run(on_server, [Writer(on_server, f"w{number}", 150) for number in range(3)], restart, 0.15)

    assert left == [0]
