"""The base of durable work: workflows, leases, replicas, clocks, wake-ups."""
