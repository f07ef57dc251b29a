"""python -m benchmarks.least_cost"""

from __future__ import annotations

from benchmarks.least_cost import one_storage, several

if __name__ == "__main__":
    one_storage.table()
    several.table()
