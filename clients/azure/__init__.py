"""Azure Resource Manager: the cluster, its pools, registries, vaults and quotas."""
