"""What a schema can't say of three headers: made true before a request leaves.

Values that are right by the schema are replaced by ones that are right for this request; wrong ones
stay wrong. So whatever the server refuses was wrong by the schema, or is a disagreement.
"""

import datetime
import itertools
import uuid

import schemathesis

numbers = itertools.count(1)


def is_uuid(text):
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def is_time(text):
    try:
        datetime.datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
        return "T" in text.upper()
    except ValueError:
        return False


@schemathesis.hook
def before_call(context, case, **kwargs):
    for name, value in list((case.headers or {}).items()):
        if not isinstance(value, str):
            continue
        header = name.lower()
        # A key is good for one report: the same with another body is refused.
        if header == "idempotency-key" and is_uuid(value):
            case.headers[name] = str(uuid.UUID(int=next(numbers)))
        # Bounded to the last days.
        elif header == "x-reported-at" and is_time(value):
            case.headers[name] = datetime.datetime.now(datetime.timezone.utc).isoformat()
        # The body is not compressed; the other tests do that.
        elif header == "content-encoding" and value in ("gzip", "zstd"):
            case.headers[name] = "identity"
