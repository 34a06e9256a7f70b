"""The parts of the benchmark beside peers: cases, servers, load, processes, results."""
