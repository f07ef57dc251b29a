"""Benchmark of job 2, appliances."""
