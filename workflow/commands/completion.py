"""`mufakat completion SHELL`: the script that makes a shell complete commands, options and references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ShellComplete, ZshComplete, add_completion_class

from workflow.commands.options import command, pass_app

if TYPE_CHECKING:
    from workflow.commands.app import App

VARIABLE = "_MUFAKAT_COMPLETE"


class Bash(BashComplete):
    """click's own, without asking bash for its version: the script may be made on another machine."""

    @staticmethod
    def _check_version() -> None:
        """Nothing to check."""


class PowerShell(ShellComplete):
    """Completion for PowerShell 5.1 and later."""

    name = "powershell"
    source_template = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $env:COMP_WORDS = $commandAst.ToString()
    $env:COMP_CWORD = $wordToComplete
    $env:%(complete_var)s = "powershell_complete"
    %(prog_name)s | ForEach-Object {
        $value, $help = $_ -split "`t", 2
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
    Remove-Item Env:COMP_WORDS, Env:COMP_CWORD, Env:%(complete_var)s
}
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is being typed, and that one."""
        import os

        from click.shell_completion import split_arg_string

        words, incomplete = split_arg_string(os.environ["COMP_WORDS"]), os.environ["COMP_CWORD"]
        words = words[1:]
        return (words[:-1] if incomplete and words and words[-1] == incomplete else words), incomplete

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.value}\t{item.help}" if item.help else item.value


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": ZshComplete, "fish": FishComplete, "powershell": PowerShell}


@command("completion", examples=(
    'eval "$(mufakat completion bash)"', "mufakat completion powershell | Out-String | Invoke-Expression",
))
@click.argument("shell", type=click.Choice(tuple(SHELLS)))
@pass_app
def completion_command(app: App, shell: str) -> None:
    """Print the completion script of a shell. To have it in every shell, put the first example into ~/.bashrc."""
    root: Any = click.get_current_context().find_root().command
    app.console.say(SHELLS[shell](root, {}, "mufakat", VARIABLE).source().rstrip("\n"))


def register() -> None:
    """Let click find the shell that it does not know by itself."""
    add_completion_class(PowerShell)
