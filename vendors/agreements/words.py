"""The safeguards that an agreement can promise: words of a fixed list, so that agreements can be compared."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SAFEGUARDS: dict[str, str | Promise] = {
    "encrypted-in-transit": _("Data is encrypted on its way"),
    "encrypted-at-rest": _("Data is encrypted where it is kept"),
    "access-limited": _("Only staff who need it have access"),
    "staff-trained": _("Staff are trained in privacy every year"),
    "second-factor": _("Staff sign in with a second factor"),
    "logged": _("Access is logged"),
    "audited": _("An outside audit every year"),
    "held-in-us": _("Data stays in the United States"),
    "subprocessors-bound": _("Suppliers are bound by the same terms"),
    "no-advertising": _("No advertising to students"),
    "no-sale": _("Data is never sold"),
    "no-profiles": _("No profiles of students beyond the school's purpose"),
    "no-own-training": _("Data does not train the provider's own models"),
    "framework-nist": _("Follows the NIST Cybersecurity Framework"),
    "framework-cis": _("Follows the CIS Controls"),
    "framework-iso": _("Certified to ISO 27001"),
}
