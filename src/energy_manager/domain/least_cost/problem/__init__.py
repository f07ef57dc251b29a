"""What is planned: the site, its storages and runs."""
