"""What a process has: clocks, threads, worker processes, its output, and whoever watches over it."""
