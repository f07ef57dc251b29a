"""The command ``dsxos``: its configuration file, its cron expression, and how it runs."""
