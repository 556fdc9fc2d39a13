from django.urls import path

from breaches.letters import desk_views, family_views, public_views, views

app_name = "letters"
urlpatterns = [
    path("letter/", public_views.letter, name="letter"),
    path("family/<uuid:public_id>/letters/", family_views.letters, name="family"),
    path("incidents/<uuid:public_id>/letters/", views.incident, name="incident"),
    path("incidents/letters/<uuid:public_id>/", views.notice, name="notice"),
    path("incidents/letters/<uuid:public_id>/print/", desk_views.print_all, name="print"),
    path("incidents/letters/<uuid:public_id>/returned/", desk_views.returned, name="returned"),
    path("incidents/letters/<uuid:public_id>/calls/", desk_views.calls_list, name="calls"),
    path("incidents/letters/printings/<uuid:public_id>/file/", desk_views.file, name="file"),
    path("incidents/letters/printings/<uuid:public_id>/posted/", desk_views.posted, name="posted"),
    path("incidents/letters/answers/<uuid:public_id>/", views.handle, name="handle"),
]
