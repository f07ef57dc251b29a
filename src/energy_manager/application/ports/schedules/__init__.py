"""What is scheduled, where it is kept, and how a change is kept or refused as one."""
