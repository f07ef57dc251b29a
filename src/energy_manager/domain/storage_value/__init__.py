"""What stored energy is worth: shared by the jobs that plan storages against the point of common coupling."""
