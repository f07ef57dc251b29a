"""What happened: handed over, kept, shown, drawn."""
