"""viewflow.fsm over a Django model, as its documentation shows: the flow moves the report, `on_success` saves it with one row of history."""

from __future__ import annotations

import django
from django.conf import settings
from protocol import asked, each, serve, write_ahead

given = asked()
write_ahead(given.path)
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "viewflow", "__main__"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": given.path, "OPTIONS": {
        "transaction_mode": "IMMEDIATE", "init_command": f"PRAGMA synchronous = {given.synchronous}"}}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True)
django.setup()  # before any model is imported

from django.core.management import call_command  # noqa: E402  # the settings come first
from django.db import connection, models, transaction  # noqa: E402  # as above
from viewflow import fsm  # noqa: E402  # as above


class Stage(models.TextChoices):
    """The states."""

    DRAFTING = "drafting"
    REVIEWING = "reviewing"


class Machine(models.Model):
    """What moves."""

    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.DRAFTING)
    topic = models.TextField(default="education")


class History(models.Model):
    """What happened to it."""

    machine = models.ForeignKey(Machine, on_delete=models.CASCADE)
    source = models.CharField(max_length=20)
    target = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)


class Flow:
    """The transitions of one machine."""

    state = fsm.State(Stage, default=Stage.DRAFTING)

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @state.setter()
    def _set(self, value: str) -> None:
        self.machine.stage = value

    @state.getter()
    def _get(self) -> str:
        return self.machine.stage

    @state.on_success()
    def _moved(self, descriptor: object, source: str, target: str) -> None:
        self.machine.save()
        History.objects.create(machine=self.machine, source=source, target=target)

    @state.transition(source=Stage.DRAFTING, target=Stage.REVIEWING, conditions=[lambda flow: bool(flow.machine.topic)])
    def submit(self) -> None:
        """To review."""

    @state.transition(source=Stage.REVIEWING, target=Stage.DRAFTING, conditions=[lambda flow: bool(flow.machine.topic)])
    def send_back(self) -> None:
        """Back to the draft."""


def step(turn: int) -> None:
    with transaction.atomic():
        flow = Flow(Machine.objects.get(pk=turn % given.machines + 1))
        (flow.submit if flow.state == Stage.DRAFTING else flow.send_back)()


call_command("migrate", verbosity=0)
with connection.schema_editor() as schema:
    schema.create_model(Machine)
    schema.create_model(History)
Machine.objects.bulk_create([Machine() for _ in range(given.machines)], batch_size=500)
step(0)
assert History.objects.get().target == "reviewing"
serve(each(step), "django", "django-viewflow")
