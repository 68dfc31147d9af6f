"""Commands about what others asked for: approvals, operations, the audit trail."""
