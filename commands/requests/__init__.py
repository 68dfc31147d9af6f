"""Commands about others' requests: approvals, operations, the audit trail."""
