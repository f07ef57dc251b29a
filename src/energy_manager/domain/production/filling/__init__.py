"""Before any search: the merit-order fill, sharing at equal costs, what loads can be met at all, and a first plan."""
