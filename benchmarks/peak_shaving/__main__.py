"""python -m benchmarks.peak_shaving"""

from __future__ import annotations

from benchmarks.peak_shaving import closed_loop, planning

if __name__ == "__main__":
    planning.table()
    closed_loop.table()
