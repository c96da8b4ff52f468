"""The program in Indonesian and Japanese: what people read is translated, what programs read is not."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from workflow.commands import language as spoken
from workflow.locale import update

MOU = "contoh-council/mou"
SCREENS = ["show contoh-council", f"show {MOU}", "show bogor-kisarazu", "show bogor-kisarazu/action-plan", "show kupang-darwin",
           "can contoh-council", f"can {MOU}", "can bogor-kisarazu", "agenda --for 400d", "deadline list", "list", "doctor", "config get zone",
           "definition list", "definition show mou", "person list", "calendar show", "calendar show ID --year 2026", "db current",
           "audit log sys --limit 3", "audit show sys#2", "audit log --refused",
           "audit show contoh-council#9", "audit consistency 3 9"]
REFUSALS = ["advance contoh-council/mou approve", "advance contoh-council/mou begin", "advance contoh-council/mou aprove", "show contoh-counsil",
            "record contoh-council/mou council --answer maybe", "record contoh-council/mou signed_on=2016-13-41",
            "record contoh-council/mou nowhere=1",
            "open contoh-council mou", "open contoh-council action-plan", "approve contoh-council/mou nobody", "frobnicate", "show --frobnicate",
            "advance contoh-council/mou", "list --limit 0", "show contoh-council one-too-many", "correct contoh-council#1 --undo",
            "assign nobody --owner x",
            "show contoh-council --at someday", "record contoh-council/mou --document council=/nowhere.pdf", "activity contoh-council x --as y",
            "audit show contoh-council#99", "audit show nothing", "audit erase", "audit verify --key nothing", "audit consistency 9 3"]
HELPS = ["--help", "start -h", "open -h", "advance -h", "record -h", "approve -h", "can -h", "show -h", "list -h", "history -h", "agenda -h",
         "activity -h", "assign -h", "correct -h", "export ics -h", "notify test -h", "serve -h", "person -h", "person add -h",
         "audit -h", "audit verify -h", "audit log -h", "audit prove -h", "audit export -h", "audit erase -h", "audit key -h", "audit key restart -h",
         "help", "help dates", "help exit-codes", "help facts", "help actor"]
DATA = [*(f"{line} -o json" for line in (*SCREENS, "history contoh-council", *REFUSALS[:9])), "list -o csv", "deadline list -o csv"]


@pytest.fixture(autouse=True)
def _english_again():
    yield
    spoken.choose("en")


@pytest.fixture(params=["id", "ja"])
def language(request):
    return request.param


def english() -> list[str]:
    """What an untranslated message would leave on a screen: its literal parts of two words and more."""
    texts = [text for message in update.extract() for text in ([message] if isinstance(message, str) else message)]
    parts = {part.strip(" :;,.()“”") for text in texts for line in text.splitlines() for part in re.split(r"\{[^}]*\}", line)}
    return [part for part in parts if re.search(r"[a-z]{3,} [a-z]{2,}", part) and not re.match(r"mufakat |[./\w-]+  +", part)]


ENGLISH = english()
TITLES = ("(invented example)",)  # of the demo's agreements


def left(text: str) -> list[str]:
    for title in TITLES:
        text = text.replace(title, "")
    return [part for part in ENGLISH if part in text]


def test_the_net_is_fine_enough(demo):
    assert len(left(demo.ok(f"can {MOU}"))) >= 2
    assert len(left(demo("advance contoh-council/mou approve").stderr)) >= 3
    assert len(left(demo.ok("record -h"))) >= 15


@pytest.mark.parametrize("line", SCREENS)
def test_no_english_is_left_on_a_screen(demo, language, line):
    result = demo(f"{line} --lang {language}")

    assert result.stdout
    assert left(result.output) == []


@pytest.mark.parametrize("line", REFUSALS)
def test_no_english_is_left_in_a_refusal(demo, language, line):
    result = demo(f"{line} --lang {language}")

    assert result.exit_code in (2, 3, 4)
    assert result.stderr
    assert left(result.output) == []


@pytest.mark.parametrize("line", HELPS)
def test_no_english_is_left_in_a_help(demo, language, line):
    assert left(demo.ok(f"{line} --lang {language}")) == []


def test_a_write_and_its_notes_are_told_in_the_language(loi, language):
    result = loi(f"activity bogor-kisarazu pertukaran --occurred-at 2017-12-14 --lang {language}")

    assert result.exit_code == 0
    assert {"id": "dicatat terlambat: terjadi sebelum 2026-02-02", "ja": "後から記録:先に記録された2026-02-02より前"}[language] in result.stdout
    assert left(result.stdout) == []


def test_an_opening_that_must_wait_says_what_for(office, language):
    office.ok("start sister-city bogor-kisarazu --party Bogor:ID --party 木更津市:JP")

    said = office.ok(f"can bogor-kisarazu --lang {language}")

    assert {"id": "tahap yang dapat dibuka", "ja": "開始できる段階"}[language] in said
    assert left(said) == []


def test_days_and_months_are_named_in_the_language(demo):
    said = {language: demo.ok(f"show contoh-council --lang {language}") for language in ("en", "id", "ja")}

    assert "since Fri 8 May 2026" in said["en"]
    assert "sejak Jum 8 Mei 2026" in said["id"]
    assert "2026年5月8日(金)から" in said["ja"]
    assert not re.search(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b", said["id"] + said["ja"])


def test_vague_dates_are_as_vague_in_every_language(demo):
    said = {language: demo.ok(f"show jakarta-moscow --lang {language}") for language in ("en", "id", "ja")}

    assert "since not after 2016" in said["en"]
    assert "sejak paling lambat 2016" in said["id"]
    assert "2016年以前から" in said["ja"]


@pytest.mark.parametrize(("count", "texts"), [(1, ("1 day left", "1 hari lagi", "残り1日")), (2, ("2 days left", "2 hari lagi", "残り2日")),
                                              (-1, ("1 day overdue", "terlambat 1 hari", "1日超過")), (0, ("today", "hari ini", "本日"))])
def test_one_day_is_a_day_in_english_only(count, texts):
    from datetime import date, timedelta

    from workflow.commands.words import left_text

    today = date(2026, 3, 2)
    found = []
    for language in ("en", "id", "ja"):
        spoken.choose(language)
        found.append(left_text((today + timedelta(days=count)).isoformat(), today))

    assert tuple(found) == texts


@pytest.mark.parametrize("line", DATA)
def test_data_is_the_same_in_every_language(demo, line):
    results = [demo(f"{line} --lang {language}") for language in ("en", "id", "ja")]
    results += [demo(line, LANG="id_ID.UTF-8")]

    assert len({(result.exit_code, result.stdout, result.stderr) for result in results}) == 1


@pytest.mark.parametrize(("line", "environment", "greeting"), [
    ("help", {}, "how dates are typed"),
    ("help", {"LANG": "id_ID.UTF-8"}, "cara mengetik tanggal"),
    ("help", {"LANG": "fr_FR.UTF-8"}, "how dates are typed"),
    ("help", {"LANG": "id_ID.UTF-8", "LC_ALL": "ja_JP.UTF-8"}, "日付の入力方法"),
    ("help", {"LANG": "id_ID.UTF-8", "MUFAKAT_LANG": "ja"}, "日付の入力方法"),
    ("help --lang id", {"LANG": "en_GB.UTF-8", "MUFAKAT_LANG": "ja"}, "cara mengetik tanggal"),
    ("--lang=en help", {"LANG": "ja_JP.UTF-8", "MUFAKAT_LANG": "id"}, "how dates are typed"),
])
def test_the_flag_goes_before_the_variable_and_that_before_the_locale(mufakat, line, environment, greeting):
    assert greeting in mufakat.ok(line, **environment)


def test_the_file_goes_before_the_locale(mufakat):
    mufakat.ok("config set lang ja")

    assert "日付の入力方法" in mufakat.ok("help", LANG="id_ID.UTF-8")
    assert "cara mengetik tanggal" in mufakat.ok("help", MUFAKAT_LANG="id")


@pytest.mark.parametrize("line", ["frobnicate --lang ja", "--lang ja frobnicate", "show --help --lang ja", "--help --lang=ja"])
def test_the_language_holds_wherever_it_stands_on_the_line(mufakat, line):
    result = mufakat(line)

    assert re.search(r"[ぁ-ん]", result.output)
    assert left(result.output) == []


def test_the_language_of_a_person_is_not_that_of_whoever_enters_it(office):
    added, edited = office("person add Sari --lang ja"), office("person edit Sari --lang id")

    assert "no role: may read, and be told" in added.stdout
    assert "lang = id" in edited.stdout
    assert "(entry sys#" in edited.stdout
    assert "there is no person" in office("person edit nobody --lang ja").stderr
    assert "tidak ada" in office("--lang id person edit nobody --lang ja").stderr
    assert "Opsi" in office.ok("person add --help --lang id")


def test_a_language_that_there_is_not_is_refused_with_those_that_there_are(office):
    for result in (office("list --lang fr"), office("list", MUFAKAT_LANG="fr")):
        assert result.exit_code == 2
        assert all(name in result.stderr for name in ("'fr'", "en", "id", "ja"))


def test_help_survives_an_unknown_language(mufakat):
    assert "Begin an agreement." in mufakat.ok("--help", MUFAKAT_LANG="fr")


@pytest.mark.parametrize(("language", "opened"), [("en", 0), ("id", 1), ("ja", 1)])
def test_english_opens_no_catalogue_and_others_one(demo, child_environment, language, opened):
    probe = ("import sys\nseen = set()\n"
             "sys.addaudithook(lambda name, args: seen.add(str(args[0])) if name == 'open' and str(args[0]).endswith('.mo') else None)\n"
             "from cli import main\ntry:\n    main()\nfinally:\n    print(f'@{len(seen)}', file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", probe, "--db", "demo.db", "show", MOU], cwd=demo.folder, capture_output=True, text=True, check=False,
                          env={**child_environment, "PYTHONIOENCODING": "utf-8", "LANG": "C.UTF-8", "MUFAKAT_LANG": language})

    assert done.returncode == 0, done.stderr
    assert done.stderr.rpartition("@")[2].strip() == str(opened)


def test_an_idle_time_of_which_only_a_bound_is_known_is_at_least_so_long(demo):
    said = {language: demo.ok(f"agenda --all --lang {language}") for language in ("en", "id", "ja")}

    assert "no recorded activity since Thu 16 Mar 2023 or longer" in said["en"]
    assert "sejak Kam 16 Mar 2023 atau lebih lama" in said["id"]
    assert "以前以降" not in said["ja"]
