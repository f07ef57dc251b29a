"""A whole day at once: the document, its replay on a virtual clock, the figures and the answer."""
