"""The one place that names concrete classes: settings, the outside world, the jobs; ``site_container`` wires a site."""
