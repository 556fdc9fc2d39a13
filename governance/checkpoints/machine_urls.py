"""What machines and files need; the same in every language, so without one in the address."""

from django.urls import path

from governance.checkpoints import views

app_name = "checkpoint-files"
urlpatterns = [
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("key", views.key, name="key"),
    path("cosignature", views.cosignature, name="cosignature"),
    path("declarations", views.declarations, name="declarations"),
    path("consistency", views.consistency, name="consistency"),
    path("verify_trail.py", views.program, {"name": "verify_trail.py"}, name="verify-program"),
    path("witness.py", views.program, {"name": "witness.py"}, name="witness-program"),
    path("tile/<int:level>/<int:index>", views.tile, name="tile"),
    path("proof/<uuid:address>", views.proof, name="proof"),
]
