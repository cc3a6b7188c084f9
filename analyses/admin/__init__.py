"""The administrators' pages.

Statuses are written by the lifecycle only, and the log by nobody: both can only be read here.
"""

from django.contrib import admin

from analyses.admin import configured, people, runs

__all__ = ["configured", "people", "runs"]

admin.site.site_header = "Vedette administration"
admin.site.site_title = "Vedette administration"
admin.site.index_title = "People, allowed targets, and what ran"
