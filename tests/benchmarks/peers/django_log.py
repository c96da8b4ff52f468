"""Django with django-fsm-2 and django-fsm-log, as their README shows: the transition called, the model saved, the log written by its signal."""

from __future__ import annotations

import django
from django.conf import settings
from protocol import asked, each, serve, write_ahead

given = asked()
write_ahead(given.path)
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_fsm_log", "__main__"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": given.path, "OPTIONS": {
        "transaction_mode": "IMMEDIATE", "init_command": f"PRAGMA synchronous = {given.synchronous}"}}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True)
django.setup()  # before any model is imported

from django.core.management import call_command  # noqa: E402  # the settings come first
from django.db import connection, models, transaction  # noqa: E402  # as above
from django_fsm import FSMField  # noqa: E402  # as above
from django_fsm import transition as moves  # noqa: E402  # as above
from django_fsm_log.models import StateLog  # noqa: E402  # as above


class Machine(models.Model):
    """A machine of two states."""

    state = FSMField(default="drafting", protected=True)
    topic = models.TextField(default="education")

    @moves(field=state, source="drafting", target="reviewing", conditions=[lambda machine: bool(machine.topic)])
    def submit(self) -> None:
        """To review."""

    @moves(field=state, source="reviewing", target="drafting", conditions=[lambda machine: bool(machine.topic)])
    def send_back(self) -> None:
        """Back to the draft."""


def step(turn: int) -> None:
    with transaction.atomic():
        machine = Machine.objects.get(pk=turn % given.machines + 1)
        (machine.submit if machine.state == "drafting" else machine.send_back)()
        machine.save()


call_command("migrate", verbosity=0)
with connection.schema_editor() as schema:
    schema.create_model(Machine)
Machine.objects.bulk_create([Machine() for _ in range(given.machines)], batch_size=500)
step(0)
assert StateLog.objects.count() == 1
serve(each(step), "django", "django-fsm-2", "django-fsm-log")
