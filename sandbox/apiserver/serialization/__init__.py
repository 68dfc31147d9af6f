"""Requests and answers as JSON, YAML and protobuf."""
