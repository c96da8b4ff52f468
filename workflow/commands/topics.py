"""`mufakat help`: help on a command, or on a topic that no single command explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workflow.commands.language import _
from workflow.commands.options import HELP, Context, command, pass_app
from workflow.errors import NotFound

if TYPE_CHECKING:
    from workflow.commands.app import App

TOPICS = {
    "exit-codes": ("what a command's end tells a script", """\
0    done; an empty list is also 0
1    failure (the database or a file cannot be used as it is)
2    usage: an unknown command, option, transition, field or choice; a value that cannot be
3    not found: no such agreement, stage, person, definition
4    refused: a requirement is not on record, you may not, it is done already or not possible now
5    conflict: somebody was faster, or the database is locked; look, then try again
6    verification failed, or doctor found a fault
7    delivery failed
8    verification could not be decided
130  interrupted (Ctrl-C); nothing is left half done. A worker (serve) that is stopped so ends with 0: it ends as asked"""),
    "dates": ("how dates are typed", """\
2016-11-18      a day                       2016-11   a month      2016   a year
../2016-11-16   not after that day          dates on record stay as vague as the paper
today  yesterday  tomorrow                  eom  eoy  the end of this month, of this year
+30d  -2w  +6m  +1y                         days, weeks, months, years from today
+10bd                                       working days of the office's calendar
mon … sun                                   the next such day

Every write takes --occurred-at, the date on paper; the moment it was entered is always kept beside it.
A relative date is echoed as the day it came to. A day that has not come is refused; one before the last entry is marked late."""),
    "references": ("how things are named", """\
bogor-kisarazu                 an agreement
bogor-kisarazu/loi             its letter of intent; the second one is bogor-kisarazu/loi-2
bogor-kisarazu/action-plan/1   the first item of its action plan
bogor-kisarazu#12              the twelfth entry of its history (mufakat history bogor-kisarazu)
sys#3                          the third entry of the office's own history (mufakat history sys)
me                             whoever acts, where a person is asked for"""),
    "facts": ("how facts, letters and files are put on record", """\
FIELD=VALUE                          a field of the stage: signed_on=2016-11-18
REQUIREMENT.FIELD=VALUE              in full, where several requirements have such a field: plan.parts=subject,background
name.PARTY=TEXT                      what a party calls the instrument: name.木更津市=友好協定
yes no                               for a yes-or-no field; lists by commas; dates as in: mufakat help dates
--document REQUIREMENT=FILE[:LANG]   a file, with its language; --reference-only keeps only its hash
--asked D --receipt D --letter NO    a body was asked (when, received when, our number)
--answer OUTCOME --received D        it answered (--letter its number, --file the scan)
--sent D --letter NO --file FILE     a letter that expects no answer
--link LINK=STAGE                    which stage it builds on"""),
    "existing": ("entering an agreement that is running already", """\
mufakat start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP --existing loi:signed --as-of 2016-11-18
mufakat open bogor-kisarazu visit --existing closed-follow-up --as-of 2016-10-06

The stage is entered in the state it stands in. What nobody documented is kept as unknown and shows as “not documented”.
Dates may be vague (mufakat help dates). Nothing is reminded of for the past."""),
    "actor": ("who acts", """\
--as PERSON, else MUFAKAT_ACTOR, else the user of this machine, by login or id.
Whoever is not among the people of the office may read, but never write: mufakat person add NAME --login LOGIN --role coordinator
Roles: coordinator legal secretary mayor technical-unit finance auditor. Administrators change people, settings and calendars."""),
    "settings": ("where settings come from", """\
flag > environment (MUFAKAT_DB, MUFAKAT_LANG, MUFAKAT_ACTOR, MUFAKAT_OUTPUT, MUFAKAT_COLOR, MUFAKAT_DOCUMENTS, MUFAKAT_DEFINITIONS,
     MUFAKAT_KEY, MUFAKAT_MAIL, MUFAKAT_NOTIFY, MUFAKAT_OUTBOX)
     > ./mufakat.toml > your own file (~/.config/mufakat/config.toml) > default
A key that is not known is an error. A relative path counts from the folder of the file that it stands in.
What concerns the office (zone, calendar, policy.*) is kept in its database:
mufakat config list --origin shows everything, mufakat config set policy.loi_draft_days 90 sets a policy number."""),
    "mail": ("how reminders leave, and where the mail server is set", """\
mail.toml, readable by its owner only (chmod 600 mail.toml):
    host = "smtp.example.go.id"
    sender = "Biro Kerja Sama <kerjasama@example.go.id>"
    security = "starttls"
    user = "kerjasama"
    password = "secret"
security is starttls, ssl, or none without a password; port, timeout (seconds) and ca (a file of certificates) may stand there too.

mufakat config set mail /etc/mufakat/mail.toml
mufakat notify test --to me
mufakat serve                    a worker that stays; by cron instead: mufakat remind tick

Channels: email, file (letters beside the database), console, apprise (pip install 'mufakat[notify]', mufakat config set notify FILE,
in it under [targets] a person's id or login = an address of Apprise).
What may have arrived is sent again under the same Message-ID; a chat is not repeated: mufakat doctor lists it."""),
    "audit": ("what an auditor does, and what the log can and cannot show", """\
The office has signed before you come; a worker that runs (serve) does so by itself.
       mufakat audit checkpoint
1  Get the log's public key on paper, never with an export.
       mufakat audit key show
2  Take a pin, and keep it where the office cannot change it.
       mufakat audit pin --out pin.txt
3  Take an export home.
       mufakat audit export audit-2026
4  Check it there, with nothing but Python, and a verify.py that you know: from an earlier export, or from the project.
       python3 verify.py audit-2026 --key KEY --pin pin.txt
5  Prove one entry to somebody else, who checks it the same way.
       mufakat audit prove bogor-kisarazu#12

In the office: VERIFIED (exit 0), TAMPERED (6) or INCONCLUSIVE (8).
       mufakat audit verify --key KEY --pin pin.txt --state

With nothing   the log must fit together; whoever rewrites all of it is not found
With the key   what was signed was not changed, dropped, added or moved, unless by somebody who holds the secret key
With a pin     not even by them, as far as the pin reaches; an old copy that was put back is a ROLLBACK, another history a FORK
With --state   nothing was changed behind the log: what is on record is what the log says

Nothing finds what was cut off after the last checkpoint that is held outside, a stolen key together with every pin, \
or a false statement that was properly entered. So keep pins in several hands: every reminder message carries the newest checkpoint, \
and an officer may sign one with a key of their own.
       ssh-keygen -Y sign -f officer_key -n mufakat pin.txt

The secret key, and what it remembers to have signed (KEY.last), belong on another disk than the database and into another backup. \
After an old backup was put back, the log is begun anew, on record and never silently.
       mufakat audit key restart --reason TEXT
Personal data stands in the log as commitments only; its values can be erased, and every proof stays valid.
       mufakat audit erase --person PERSON --reason TEXT"""),
    "output": ("results for people and for programs", """\
-o table   for people (default)        -o json    one JSON value      -o ndjson   one object a line
-o csv     for a spreadsheet           -o ids     bare references     --json ref,state   only these fields
With --from, -o json gives what -o ndjson gives: a result for each reference, as soon as it stands.
stdout is data, stderr is messages; with -o json errors are {"error": {…}} on stderr. Keys are never translated.
A pipe gets no colours and no wrapped lines (--color always or FORCE_COLOR for colours; NO_COLOR for none)."""),
}


@command("help", examples=("mufakat help dates", "mufakat help record"))
@click.argument("words", nargs=-1, metavar="[TOPIC]")
@pass_app
def help_command(app: App, words: tuple[str, ...]) -> None:
    """Help on a topic or a command."""
    context = click.get_current_context().find_root()
    root = context.command
    if not words:
        for name, (line, _text) in TOPICS.items():
            app.console.flow([f"  mufakat help {name:<12} {_(line)}"], hang=" " * 28)
        app.console.say(_("and on every command: mufakat help COMMAND, or mufakat COMMAND --help"))
        return
    is_command = isinstance(root, click.Group) and words[0] in root.list_commands(context)
    if words[0] in TOPICS and not (is_command and len(words) > 1):
        for line in _(TOPICS[words[0]][1]).splitlines():
            app.console.flow([line], hang=" " * _margin(line))
        if not is_command:
            return
        app.console.say()  # below a topic that is a command's name too, the command's own help
    found: click.Command | None = root
    at = Context(root, info_name="mufakat", obj=app, **HELP)
    for word in words:
        found = found.get_command(at, word) if isinstance(found, click.Group) else None
        if found is None:
            known = [*TOPICS, *(root.list_commands(context) if isinstance(root, click.Group) else ())]
            raise NotFound("help topic or command", word, known)
        at = Context(found, info_name=word, parent=at, obj=app, **HELP)
    assert found is not None
    app.console.say(found.get_help(at))


def _margin(line: str) -> int:
    """Where the explanation of a line begins, so that what does not fit stands under it."""
    word, gap, rest = line.partition("  ")
    return len(word) + len(gap) + len(rest) - len(rest.lstrip()) if gap and rest.strip() else 0
