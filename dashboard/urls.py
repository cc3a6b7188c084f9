from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from dashboard import health

urlpatterns = [
    path("", include("analyses.urls")),
    path(
        "sign-in/",
        auth.LoginView.as_view(template_name="sign_in.html", redirect_authenticated_user=True),
        name="sign-in",
    ),
    path("sign-out/", auth.LogoutView.as_view(), name="sign-out"),
    path("admin/", admin.site.urls),
    path("healthz", health.health, name="health"),
    path("readyz", health.ready, name="ready"),
]

handler500 = "dashboard.http.server_error"
