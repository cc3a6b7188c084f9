"""The few template tags the pages share."""

from django import template

register = template.Library()
