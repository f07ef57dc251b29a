"""The exact engine for one storage: values of stored energy, no solver."""
