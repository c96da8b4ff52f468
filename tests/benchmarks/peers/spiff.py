"""
SpiffWorkflow: six manual tasks in a row; each step restores the workflow, runs its ready task and stores it again.

The history is its own: the finished tasks in the stored workflow. Its document goes to one row of SQLite, as its example runner does.
"""

from __future__ import annotations

import sqlite3
from itertools import pairwise

from protocol import asked, each, serve
from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer

NAMES = ("start", "one", "two", "three", "four", "five", "six", "end")
STEPS = list(pairwise(NAMES))
TASKS = "".join(f'<bpmn:manualTask id="{name}" name="{name}"><bpmn:incoming>to_{name}</bpmn:incoming><bpmn:outgoing>to_{after}</bpmn:outgoing>'
                "</bpmn:manualTask>" for name, after in STEPS[1:])
FLOWS = "".join(f'<bpmn:sequenceFlow id="to_{after}" sourceRef="{name}" targetRef="{after}"/>' for name, after in STEPS)
BPMN = ('<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="definitions" '
        'targetNamespace="http://bpmn.io/schema/bpmn"><bpmn:process id="office" isExecutable="true">'
        '<bpmn:startEvent id="start"><bpmn:outgoing>to_one</bpmn:outgoing></bpmn:startEvent>' + TASKS +
        '<bpmn:endEvent id="end"><bpmn:incoming>to_end</bpmn:incoming></bpmn:endEvent>' + FLOWS + "</bpmn:process></bpmn:definitions>")

given = asked()
db = sqlite3.connect(given.path, isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute(f"PRAGMA synchronous = {given.synchronous}")
db.execute("CREATE TABLE workflow (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
serializer = BpmnWorkflowSerializer()


def step(turn: int) -> None:
    db.execute("BEGIN IMMEDIATE")
    (body,) = db.execute("SELECT body FROM workflow WHERE id = ?", (turn % given.machines,)).fetchone()
    workflow = serializer.deserialize_json(body)
    task = workflow.get_next_task(state=TaskState.READY, manual=True)
    task.run()
    workflow.do_engine_steps()
    workflow.refresh_waiting_tasks()
    db.execute("UPDATE workflow SET body = ? WHERE id = ?", (serializer.serialize_json(workflow), turn % given.machines))
    db.execute("COMMIT")


parser = BpmnParser()
parser.add_bpmn_str(BPMN.encode())
fresh = BpmnWorkflow(parser.get_spec("office"))
fresh.do_engine_steps()
db.executemany("INSERT INTO workflow VALUES (?, ?)", ((number, serializer.serialize_json(fresh)) for number in range(given.machines)))
serve(each(step), "SpiffWorkflow")
