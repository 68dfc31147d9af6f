"""What durable work stands on: workflows, leases, replicas, clocks, wake-ups."""
