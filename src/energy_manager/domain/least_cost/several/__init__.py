"""Several assets: one after the other, and what no plan can cost less than."""
