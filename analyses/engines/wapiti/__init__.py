"""Wapiti, a black-box scanner for web applications, run as a program of its own."""

from analyses.engines.wapiti.engine import WapitiEngine

__all__ = ["WapitiEngine"]
