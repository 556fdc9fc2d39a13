"""All addresses. Included by name, so that no app imports another for its routes."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from portal.pages import gallery, health

urlpatterns = [
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("trail/", include("governance.checkpoints.machine_urls")),
    path("", include("vendors.register.machine_urls")),
    path("", include("breaches.postings.machine_urls")),
    path("", include("vendors.oneroster.machine_urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    *i18n_patterns(
        path("", include("portal.pages.public.urls")),
        path("gallery/", gallery.gallery, name="gallery"),
        path("", include("governance.people.urls")),
        path("", include("portal.pages.home.urls")),
        path("", include("portal.pages.families.urls")),
        path("setup/", include("portal.pages.setup.urls")),
        path("status/", include("portal.pages.status.urls")),
        path("account/", include("portal.pages.account.urls")),
        path("", include("governance.authority.urls")),
        path("", include("governance.requests.urls")),
        path("", include("governance.auditors.urls")),
        path("", include("governance.retention.urls")),
        path("audit/", include("governance.exports.urls")),
        path("audit/verify/", include("governance.checkpoints.check_urls")),
        path("audit/systems/", include("governance.coverage.urls")),
        path("audit/", include("governance.audit.urls")),
        path("trail/", include("governance.checkpoints.urls")),
        path("alerts/", include("governance.alerts.urls")),
        path("", include("breaches.reports.urls")),
        path("", include("breaches.letters.urls")),
        path("incidents/", include("breaches.incidents.urls")),
        path("", include("breaches.readiness.urls")),
        path("drills/", include("breaches.drills.urls")),
        path("accounts/", include("allauth.urls")),
        path("students/", include("governance.records.urls")),
        path("roster/", include("governance.records.roster.urls")),
        path("family/", include("governance.records.family.urls")),
        path("tools/", include("vendors.tool_requests.urls")),
        path("register/", include("vendors.register.urls")),
        path("advice/", include("vendors.advice.urls")),
        path("discovery/", include("vendors.discovery.urls")),
        path("folders/", include("vendors.folders.urls")),
        path("spreadsheets/", include("vendors.spreadsheets.urls")),
        path("family/", include("vendors.consents.family_urls")),
        path("consents/earlier/", include("vendors.earlier.urls")),
        path("consents/", include("vendors.consents.urls")),
        path("reviews/", include("vendors.reviews.urls")),
        path("agreements/", include("vendors.agreements.urls")),
        path("deletions/", include("vendors.ends.urls")),
        path("provider/connections/", include("vendors.oneroster.company_urls")),
        path("provider/", include("vendors.company.urls")),
        path("announcements/", include("vendors.company.district_urls")),
        path("providers/", include("vendors.providers.urls")),
        path("sharing/", include("vendors.sharing.urls")),
        path("sharing/", include("vendors.oneroster.urls")),
        path("ways/", include("vendors.ways.urls")),
        path("drops/", include("vendors.drops.urls")),
        path("family/", include("governance.disclosures.family_urls")),
        path("disclosures/", include("governance.disclosures.urls")),
        path("", include("governance.packs.urls")),
        path("history/", include("governance.history.urls")),
        path("clocks/", include("breaches.clocks.urls")),
        path("incidents/", include("breaches.assessment.urls")),
        path("incidents/", include("breaches.remedies.urls")),
        path("incidents/", include("breaches.postings.urls")),
        path("family/", include("breaches.remedies.family_urls")),
        path("incidents/", include("breaches.affected.urls")),
        path("incidents/", include("breaches.notices.urls")),
        path("notices/", include("breaches.notices.public_urls")),
        prefix_default_language=False,
    ),
]

handler400 = "portal.pages.errors.bad_request"
handler403 = "portal.pages.errors.permission_denied"
handler404 = "portal.pages.errors.not_found"
handler429 = "portal.pages.errors.too_many_requests"  # asked for by the sign-in library
handler500 = "portal.pages.errors.server_error"
