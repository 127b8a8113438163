"""Pens, paper and scanners that never existed: for the demo, the tests, the training and the benchmarks."""
