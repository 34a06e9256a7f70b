"""What all benchmarks share: building, servers, load, processes, the machine."""
