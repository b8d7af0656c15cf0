"""The requests of the conformance application (docs/reference/drop-in.md) that are the same in every framework."""

import json
import os
import uuid
from datetime import datetime, timezone

NATIVES = {
    "date": datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc),
    "bytes": b"\x00\xff\xfe\x80",
    "object": uuid.UUID(int=7),
}


def operate(session, is_new, request, query, body):
    """Does the work of a request, such as `POST /set`, and returns the answer; None: it is not among these requests."""
    key = query.get("k")
    if request == "GET /read":
        return {"attributes": json.loads(json.dumps(dict(session.items()), default=repr)), "new": is_new}
    if request == "POST /set":
        session[key] = json.loads(body)
    elif request == "POST /delete":
        session.pop(key, None)
    elif request == "POST /incr":
        session[key] = session.get(key, 0) + 1
        return {"value": session[key]}
    elif request == "POST /large":
        session[key] = "x" * int(query["bytes"])
    elif request == "POST /native":
        session["native"] = NATIVES[query["kind"]]
    elif request == "GET /native":
        return {"equal": session.get("native") == NATIVES[query["kind"]]}
    elif request == "GET /pid":
        return {"pid": os.getpid(), "name": os.environ.get("NAME")}
    elif request not in ("GET /plain", "GET /health"):
        return None
    return {}
