"""Lines that say too little: they end in help or in a sentence, never in a traceback."""

from __future__ import annotations


def test_the_command_alone_shows_what_there_is(mufakat):
    result = mufakat("")

    assert result.exit_code == 2
    assert "Every day:" in result.output
    assert "Traceback" not in result.output
