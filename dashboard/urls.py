from django.contrib import admin
from django.urls import include, path

from dashboard import health

urlpatterns = [
    path("", include("analyses.urls")),
    path("", include("dashboard.accounts.urls")),  # before the administration, which has no sign-in of its own
    path("", include("notifications.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.health, name="health"),
    path("readyz", health.ready, name="ready"),
]

handler500 = "dashboard.http.server_error"
