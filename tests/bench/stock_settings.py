"""The portal with django-auditlog as it comes: its own table, its middleware, one entry for each row that is accessed."""

from tests.bench.settings import *
from tests.bench.settings import MIDDLEWARE

AUDITLOG_LOGENTRY_MODEL = "auditlog.LogEntry"
AUDITLOG_CID_GETTER = None
AUDITLOG_INCLUDE_TRACKING_MODELS = ("records.Student",)
MIDDLEWARE = [
    "auditlog.middleware.AuditlogMiddleware" if name == "governance.trail.middleware.TrailContext" else name for name in MIDDLEWARE
]
