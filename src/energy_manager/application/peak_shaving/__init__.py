"""Job 3: plan, and plan anew what the storage of a platform or of this site is to do."""
