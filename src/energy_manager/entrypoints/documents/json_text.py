"""JSON as requests, answers and errors have it; routes and commands read and write it by these names."""

from energy_manager.adapters.json_text import NotJson, error_document, read_json, refuse_constants, write_json
from energy_manager.adapters.utf8_text import without_mark

__all__ = ["NotJson", "error_document", "read_json", "refuse_constants", "without_mark", "write_json"]
