"""What is needed to begin: the answers of whoever begins, and the files that follow from them."""
