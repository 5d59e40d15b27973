"""What the Python clients share: the emulator's other side, and the cases of the list that one call of a client can ask.

It is no test runner: a client's program says what it does, this counts.
"""

import hashlib
import json
import os
import sys
import urllib.request

URL = os.environ["EMULATOR_URL"]
CASES = os.environ["EMULATOR_CASES"]
SIZES = [16 * 1024 * 1024, 20_971_520]
LEAST_CASES = 40


def control(method, path, body=""):
    data = body.encode() or None
    request = urllib.request.Request(f"{URL}/control/{path}", data=data, method=method)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def new_names():
    """Two new bots that are administrators of four new chats."""
    bots = control("POST", "bots", '{"count":2}')["bots"]
    names = {
        "token": bots[0]["token"],
        "bot": str(bots[0]["id"]),
        "other_token": bots[1]["token"],
        "other_bot": str(bots[1]["id"]),
    }
    for name, kind in [("chat", "channel"), ("group", "group"), ("supergroup", "supergroup"), ("private", "private")]:
        chat = {"kind": kind, "title": "Parts", "members": [bot["id"] for bot in bots]}
        names[name] = str(control("POST", "chats", json.dumps(chat))["chats"][0]["id"])
    return names


def fill(text, names):
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def is_for_clients(case):
    call = case["calls"][-1]
    plain = len(case["calls"]) == 1 and not {"path", "raw", "repeat"} & call.keys()
    # Clients name attachments themselves.
    plain = plain and "attach://" not in json.dumps(call)
    refused = 400 <= case["status"] < 600 and case["body"].startswith("{") and "<" not in case["body"]
    return plain and refused and call["method"] != "sendNothing"


def cases():
    """Each with names of its own, its setup done up to the upload."""
    with open(CASES, encoding="utf-8") as lines:
        listed = [json.loads(line) for line in lines if line.strip()]
    return [case for case in listed if is_for_clients(case)]


def prepare(steps, names):
    for method, path, body in steps:
        control(method, fill(path, names), fill(body, names))


def reset():
    control("DELETE", "faults")
    control("POST", "limits", '{"all":false}')


def random_bytes(size):
    return os.urandom(size)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Tally:
    """Counts; its end is the program's."""

    def __init__(self, client):
        self.client = client
        self.passed = 0
        self.failed = 0

    def check(self, name, difference):
        if difference is None:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {self.client}: {name}: {difference}")

    def end(self, asked):
        self.check("cases asked", None if asked >= LEAST_CASES else f"{asked} are too few")
        print(f"{self.client}: {self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)
