"""The verbs about an agreement as a whole: it is begun, its cooperation is put on record, it changes hands or its track."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.core import anchors, dates, decision, ladder, reckoning
from workflow.core.agreement import Activity, Agreement, Case, Change, Head, empty
from workflow.core.draft import Draft
from workflow.core.office import SYS
from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workflow.core.decision import Request
    from workflow.core.draft import Office
    from workflow.core.office import Person

KINDS = ("activity", "contact", "report")
ISO_3166 = (  # alpha-2
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI "
    "CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ "
    "GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS "
    "LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG "
    "PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK "
    "TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES = frozenset(ISO_3166.split())


def start(office: Office, ident: str, ref: str, title: str, parties: list[dict[str, Any]], owner: str, request: Request,
          params: dict[str, Any], *, imported: bool = False) -> tuple[Case, Change]:
    """A new agreement; the case returned holds it, so that a first stage can be opened in the same breath."""
    on = decision.occurred(office, request.occurred)
    draft = Draft(Case(Head(ident), empty()), office)
    draft.put("agreement", Agreement(ident, ref, title, office.track.name, office.track.version, office.track.hash, parties,
                                     owner, on, params, imported))
    reckoning.reckon(draft, on)
    change = decision.change_of(draft, "start", on, request)
    return Case(Head(ident), draft.tables), change


def activity(case: Case, office: Office, title: str, kind: str, field: str, until: str, instance: str, note: str, request: Request) -> Change:
    """Put a dated fact of cooperation on record; dormancy counts from the last one."""
    draft = Draft(case, office)
    if instance:
        decision.find(draft, instance)
    on = decision.occurred(office, request.occurred)
    draft.put("activity", sound(Activity(len(draft.tables["activity"]) + 1, kind, title, field, on, until, instance, note), office))
    reckoning.reckon(draft, on)
    return decision.change_of(draft, "activity", on, request, instance=instance)


def assign(case: Case, office: Office, owner: str, request: Request, people: Mapping[str, Person]) -> Change:
    """
    Make somebody responsible for the agreement; they are told what was still to be told.

    Where they are already nothing is new, for whatever reason it was asked.
    """
    from workflow.core.reminding import reassign

    draft, before = Draft(case, office), case.agreement.owner
    if before == owner:
        request = request._replace(reason="")
    draft.put("agreement", draft.agreement._replace(owner=owner))
    reassign(draft, before, people)
    return decision.change_of(draft, "assign", decision.occurred(office, request.occurred), request)


def retrack(case: Case, office: Office, request: Request) -> Change:
    """
    Move an agreement to another track (that of `office`): which law it comes under is decided while its partner is explored.

    Raises:
        InvalidInput: a stage is open that rests on others, or that the other track opens only after others: it was begun under the old law.
    """
    draft = Draft(case, office)
    old, new = draft.agreement, office.track
    if (old.track, old.track_version, old.track_hash) == (new.name, new.version, new.hash):
        raise InvalidInput("track", new.name, "is its track already")
    if not request.reason:
        raise InvalidInput("reason", "", "say why it belongs to another track: --reason TEXT")
    begun = [other.ref for other in draft.instances() if not other.parent and (other.links or "after" in new.stages.get(other.stage, {"after": []}))]
    if begun:
        raise InvalidInput("track", new.name, Phrase("it may change only while first stages (visits) are open; begun under {track}: {stages}",
                                                     track=old.track, stages=", ".join(begun)))
    draft.put("agreement", old._replace(track=new.name, track_version=new.version, track_hash=new.hash))
    reckoning.reckon(draft, office.today)
    return decision.change_of(draft, "assign", decision.occurred(office, request.occurred), request)


def sound(row: Activity, office: Office) -> Activity:
    """An activity as it can be on record: it has a title, it has happened, and it ended no earlier than it began."""
    row = row._replace(title=row.title.strip(), until=dates.check(row.until, "until") if row.until else "")
    if not row.title:
        raise InvalidInput("title", row.title, "an activity needs a title")
    if row.kind not in KINDS:
        raise InvalidInput("kind", row.kind, Phrase("choose one of {choices}", choices=", ".join(KINDS)), KINDS)
    if dates.surely_before(row.until, row.on):
        raise InvalidInput("until", row.until, Phrase("it ends before it begins ({day})", day=row.on))
    if row.until and dates.surely_before(office.today, row.until):
        raise InvalidInput("until", row.until, Phrase("that day has not come (today is {today})", today=office.today))
    return row


def check_ref(ref: str, refs: Callable[[str], Sequence[str]]) -> None:
    """A reference is what people type: lower-case letters, digits and single hyphens; `refs` finds those in use that begin so."""
    if ref == SYS:
        raise InvalidInput("reference", ref, "the office's own history is called so; choose another name")
    if not ref or len(ref) > 64 or not all(part.isascii() and part.isalnum() and part == part.lower() for part in ref.split("-")):
        raise InvalidInput("reference", ref, "use lower-case letters a-z, digits and single hyphens, such as bogor-kisarazu")
    if ref in refs(ref):
        raise InvalidInput("reference", ref, Phrase("it is taken: mufakat show {ref}", ref=ref))


def checked(parties: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The parties as they are kept: two at least, each under a name of its own, in a country that exists."""
    rows = [{**row, "name": str(row.get("name", "")).strip(), "country": str(row.get("country", "")).upper()} for row in parties]
    if len(rows) < 2:
        raise InvalidInput("party", rows[0]["name"] if rows else "", "an agreement has two parties at least")
    for row in rows:
        if not row["name"] or "=" in row["name"] or ":" in row["name"]:
            raise InvalidInput("party", row["name"], "a party needs a name (without = and :)")
        if row["country"] not in COUNTRIES:
            raise InvalidInput("country", row["country"], "write the two letters of ISO 3166, such as ID or JP")
        if sum(other["name"].casefold() == row["name"].casefold() for other in rows) > 1:
            raise InvalidInput("party", row["name"], "two parties have this name")
    return rows


def check_params(office: Office, params: Mapping[str, Any]) -> None:
    """Refuse a policy or a ladder that no deadline of the track and its stages knows, or a value that it cannot have."""
    if not params:
        return
    rules = [*office.track.deadlines.values()]
    for stage in office.track.stages:
        found = office.latest(stage)
        rules += [*found.deadlines.values(), *(found.item.deadlines.values() if found.item else ())]
    amounts = {rule.param for rule in rules if rule.param}
    days = {anchor.partition(":")[2] for rule in rules for anchor in rule.anchors if anchor.startswith("param:")}
    ladders = {"ladder", *(ladder.own(rule.name) for rule in rules)}
    for name, value in params.items():
        if name.partition(".")[0] == "ladder":
            if name not in ladders:
                raise InvalidInput("ladder", name.partition(".")[2], "this track has no such deadline", sorted(rule.name for rule in rules))
            ladder.parse(str(value))
        elif name not in amounts | days:
            raise InvalidInput("param", name, "no deadline of this track depends on it", sorted(amounts | days))
        elif name in amounts and anchors.whole_number(value) is None:
            raise InvalidInput(name, value, "a whole number is needed")
        elif name in days and not anchors.is_policy_day(str(value)):
            raise InvalidInput(name, value, "write a date, or the month and day of every year (12-31)")
