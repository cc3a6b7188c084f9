from django.urls import path

from analyses.views.actions import act
from analyses.views.activity import log_file
from analyses.views.analyses_list import analyses_list
from analyses.views.bulk import bulk
from analyses.views.calendar import calendar
from analyses.views.configuration import configuration
from analyses.views.configure import configure, new, schedule_preview
from analyses.views.deleting import delete, delete_many
from analyses.views.duplicating import duplicate
from analyses.views.exports import export
from analyses.views.findings import findings, findings_file, findings_judged
from analyses.views.help import help_page
from analyses.views.history import history
from analyses.views.list_files import export_many, list_file
from analyses.views.pictures import prescan_picture
from analyses.views.queue import queue
from analyses.views.report import report
from analyses.views.results import results
from analyses.views.retests import test_again
from analyses.views.saved_views import delete_view, save_view
from analyses.views.scan_details import first_scan, scan_details
from analyses.views.scan_files import crawled_csv, engine_log
from analyses.views.seen import seen
from analyses.views.sign_in_tests import picture, sign_in_test, stage_picture, start
from analyses.views.statuses import statuses
from analyses.views.stop_everything import stop_everything
from analyses.views.style import style
from analyses.views.summary import summary
from analyses.views.templates import delete_template, templates

app_name = "analyses"
urlpatterns = [
    path("", analyses_list, name="list"),
    path("bulk/", bulk, name="bulk"),
    path("export/<slug:form>/", list_file, name="list-file"),
    path("bulk/export/", export_many, name="bulk-export"),
    path("bulk/delete/", delete_many, name="bulk-delete"),
    path("seen/", seen, name="seen"),
    path("views/", save_view, name="save-view"),
    path("views/<int:pk>/delete/", delete_view, name="delete-view"),
    path("findings/", findings, name="findings"),
    path("findings/judged/", findings_judged, name="findings-judged"),
    path("findings/export/<slug:form>/", findings_file, name="findings-file"),
    path("calendar/", calendar, name="calendar"),
    path("queue/", queue, name="queue"),
    path("statuses/", statuses, name="statuses"),
    path("help/", help_page, name="help"),
    path("style/", style, name="style"),
    path("stop-everything/", stop_everything, name="stop-everything"),
    path("templates/", templates, name="templates"),
    path("templates/<int:pk>/delete/", delete_template, name="delete-template"),
    path("analyses/new/", new, name="new"),
    path("analyses/new/schedule/", schedule_preview, name="new-schedule"),
    path("analyses/<int:pk>/", summary, name="summary"),
    path("analyses/<int:pk>/log/<slug:form>/", log_file, name="log-file"),
    path("analyses/<int:pk>/configure/", configure, name="configure"),
    path("analyses/<int:pk>/delete/", delete, name="delete"),
    path("analyses/<int:pk>/duplicate/", duplicate, name="duplicate"),
    path("analyses/<int:pk>/schedule/", schedule_preview, name="schedule"),
    path("analyses/<int:pk>/actions/<slug:action>/", act, name="action"),
    path("analyses/<int:pk>/scans/", first_scan, name="scans"),
    path("analyses/<int:pk>/scans/<int:scan_pk>/", scan_details, name="scan"),
    path("analyses/<int:pk>/scans/<int:scan_pk>/crawled/", crawled_csv, name="crawled"),
    path("analyses/<int:pk>/scans/<int:scan_pk>/engine-log/", engine_log, name="engine-log"),
    path("analyses/<int:pk>/scans/<int:scan_pk>/pictures/", prescan_picture, {"position": 0}, name="prescan-pictures"),
    path("analyses/<int:pk>/scans/<int:scan_pk>/pictures/<int:position>/", prescan_picture, name="prescan-picture"),
    path("analyses/<int:pk>/test-sign-in/", start, name="test-sign-in"),
    path("analyses/new/test-sign-in/", start, name="new-test-sign-in"),
    path("sign-in-tests/<int:pk>/", sign_in_test, name="sign-in-test"),
    path("sign-in-tests/<int:pk>/<int:position>/", picture, name="sign-in-test-picture"),
    path("sign-in-tests/<int:pk>/<int:position>/<int:stage>/", stage_picture, name="sign-in-test-stage-picture"),
    path("analyses/<int:pk>/results/", results, name="results"),
    path("analyses/<int:pk>/findings/<int:finding_pk>/test-again/", test_again, name="test-again"),
    path("analyses/<int:pk>/results/export/<slug:form>/", export, name="export"),
    path("analyses/<int:pk>/results/report/", report, name="report"),
    path("analyses/<int:pk>/history/", history, name="history"),
    path("analyses/<int:pk>/configuration/", configuration, name="configuration"),
]
