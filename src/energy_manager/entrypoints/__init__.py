"""Where the product is started and reached from: command line, HTTP, settings, and the one place that wires it."""
