"""One outside thing each; foreign units, types and exceptions end here."""
