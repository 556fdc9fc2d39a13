"""Addresses of exports, below those of the audit pages."""

from django.urls import path

from governance.exports import views

app_name = "exports"
urlpatterns = [
    path("export/", views.ask, name="ask"),
    path("exports/", views.exports, name="list"),
    path("exports/<uuid:export_id>/", views.detail, name="detail"),
    path("exports/<uuid:export_id>/approve/", views.approve, name="approve"),
    path("exports/<uuid:export_id>/refuse/", views.refuse, name="refuse"),
    path("exports/<uuid:export_id>/cancel/", views.cancel, name="cancel"),
    path("exports/<uuid:export_id>/file/", views.file, name="file"),
    path("exports/<uuid:export_id>/proof/", views.proof, name="proof"),
    path("board-report/", views.board_report, name="board-report"),
    path("board-report/pdf/", views.board_report_pdf, name="board-report-pdf"),
]
