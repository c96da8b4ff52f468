"""Whatever goes wrong, in whatever order: every message ends, a chat is told once at most, mail that is repeated keeps its key."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from dispatch import hire, messages, promise, worker, write
from flows.scenes import at_council, replays
from letters import person
from world import World

from workflow.core.agreement import Effect
from workflow.errors import DeliveryFailed, InvalidInput, Uncertain
from workflow.store.postgresql import PostgresStore

ROUGH, ROUNDS = 40, 80  # rounds with trouble, and all of them
DEADLY = ("claim", "hand", "commit", "settle", "release")


class Killed(BaseException):
    """The worker is gone."""


class Mortal:
    """A database under a worker that may be killed before or after whatever it writes."""

    def __init__(self, store, dies):
        self.store, self.dies = store, dies

    def __getattr__(self, name):
        found = getattr(self.store, name)
        return self.deadly(found) if name in DEADLY else found

    def deadly(self, write):
        def act(*given, **named):
            self.dies()
            result = write(*given, **named)
            self.dies()
            return result
        return act


class Days:
    """
    Days of an office in which `chance` decides what goes wrong; `told` has the keys under which each message was taken by its channel,
    `letters` what each key was first taken with, `added` what came under a key that was taken before: whoever knows it passes over that.
    """

    def __init__(self, world, seed):
        self.world, self.chance, self.now, self.rough, self.dead = world, random.Random(seed), datetime(2026, 3, 2, 4, tzinfo=UTC), True, False
        self.told, self.letters, self.added = defaultdict(list), {}, set()

    def happens(self, share):
        return self.rough and self.chance.random() < share

    def dies(self, share=0.04):
        if self.dead or self.happens(share):
            self.dead = True  # the clean-up of a killed process does not run either
            raise Killed

    def clock(self):
        self.now += timedelta(milliseconds=self.chance.choice((1, 5, 30)))
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def round(self):
        self.dead = False
        stops = self.happens(0.1)
        one = worker(self.world, {}, channel=self.connect, clock=self.clock)
        one.store = one.outbox = Mortal(self.world.store, self.dies)
        deliver, self.leaving = one._send, None

        def send(group, claim, now):
            self.leaving = group
            return deliver(group, claim, now)

        one._send = send
        try:
            one.round(stopping=lambda: stops and self.happens(0.5))
        except Killed:
            self.dead = True

    def connect(self, name):
        if self.happens(0.05):
            raise InvalidInput("mail", "", "it is not set up")
        return Fallible(self, name)


class Fallible:
    """A channel that refuses, takes, or takes and is cut off; or the worker is killed while it does."""

    def __init__(self, days, name):
        self.days, self.name, self.repeats = days, name, name == "email"

    def send(self, outgoing):
        if self.days.happens(0.1):
            raise DeliveryFailed(self.name, outgoing.key, "not now")
        inside = {item.key for item in self.days.leaving.items}
        self.days.added |= inside - self.days.letters.setdefault(outgoing.key, inside)
        for item in self.days.leaving.items:
            self.days.told[item.key].append(outgoing.key)
        if self.days.happens(0.1):
            raise Uncertain(self.name, outgoing.key, "cut off")
        self.days.dies(0.1)


@pytest.mark.parametrize(("database", "seed"), [("sqlite", seed) for seed in range(9)] + [("postgresql", seed) for seed in range(12, 15)])
def test_every_message_ends_a_chat_is_told_once_and_mail_keeps_its_key(request, tmp_path, database, seed):
    store = None if database == "sqlite" else PostgresStore.open(request.getfixturevalue("database_url"))
    world = World(tmp_path, store=store).holidays()
    world.ref = at_council(world).partition("/")[0]
    hire(world.store, person(), person(id="p2", name="Dian", login="dian", email="dian@bogor.test"))
    days = Days(world, seed)
    for number in range(ROUNDS):
        days.rough = number < ROUGH
        for each in range(days.chance.randint(0, 2) if days.rough else 0):
            due = (days.now - timedelta(seconds=days.chance.randint(1, 30))).strftime("%Y-%m-%dT%H:%M:%SZ")
            promise(world.store, world.ref, rung=f"-{number}.{each}d", recipient=days.chance.choice(("p1", "p2")),
                    channel=days.chance.choice(("email", "apprise")), wake_at=due)
        waiting = [key for key, row in messages(world.store, world.ref).items() if row.wake_at]
        if waiting and days.happens(0.2):
            taken_back = Effect("message", days.chance.choice(waiting), {"state": "superseded", "wake_at": ""})
            write(world.store, world.store.load(world.ref).agreement.id, taken_back)
        days.round()
        days.now += timedelta(minutes=days.chance.choice((0, 1, 11)) if days.rough else 480)

    rows = messages(world.store, world.ref)
    assert len(rows) > 20
    assert not days.added
    assert {row.state for row in rows.values()} <= {"sent", "uncertain", "superseded"}
    assert all(len(days.told[key]) <= 1 for key, row in rows.items() if row.channel == "apprise")
    assert all(len(set(days.told[key])) == 1 for key, row in rows.items() if row.channel == "email" and row.state == "sent")
    assert all(row.channel == "apprise" for row in rows.values() if row.state == "uncertain")
    assert replays(world.store, world.ref)
    world.store.close()
