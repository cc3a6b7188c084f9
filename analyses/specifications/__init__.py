"""API specifications: read once, into plain requests."""

from analyses.specifications.contract import MOST_BYTES, Endpoint, Specification, SpecificationError
from analyses.specifications.reading import read

__all__ = ["MOST_BYTES", "Endpoint", "Specification", "SpecificationError", "read"]
