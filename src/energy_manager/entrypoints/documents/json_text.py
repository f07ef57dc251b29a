"""JSON as requests, answers and errors have it; routes and commands read and write it by these names."""

from energy_manager.adapters.json_text import NotJson, error_document, read_json, refuse_constants, write_json

__all__ = ["NotJson", "error_document", "read_json", "refuse_constants", "write_json"]
