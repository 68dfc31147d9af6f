"""The kubelets: they run pods, and their containers write logs, crash and start again."""
