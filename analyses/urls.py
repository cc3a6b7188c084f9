from django.urls import path

from analyses.views.actions import act
from analyses.views.analyses_list import analyses_list
from analyses.views.configure import configure, new, schedule_preview
from analyses.views.history import history
from analyses.views.results import results
from analyses.views.scan_details import first_scan, scan_details
from analyses.views.statuses import statuses
from analyses.views.summary import summary

app_name = "analyses"
urlpatterns = [
    path("", analyses_list, name="list"),
    path("statuses/", statuses, name="statuses"),
    path("analyses/new/", new, name="new"),
    path("analyses/new/schedule/", schedule_preview, name="new-schedule"),
    path("analyses/<int:pk>/", summary, name="summary"),
    path("analyses/<int:pk>/configure/", configure, name="configure"),
    path("analyses/<int:pk>/schedule/", schedule_preview, name="schedule"),
    path("analyses/<int:pk>/actions/<slug:action>/", act, name="action"),
    path("analyses/<int:pk>/scans/", first_scan, name="scans"),
    path("analyses/<int:pk>/scans/<int:scan_pk>/", scan_details, name="scan"),
    path("analyses/<int:pk>/results/", results, name="results"),
    path("analyses/<int:pk>/history/", history, name="history"),
]
