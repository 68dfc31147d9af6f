"""Paths of the API server's collections, and the form of an object's name."""

import re

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
CLAIMS = "/api/v1/namespaces/{namespace}/persistentvolumeclaims"
CONFIG_MAPS = "/api/v1/namespaces/{namespace}/configmaps"
DAEMON_SETS = "/apis/apps/v1/namespaces/{namespace}/daemonsets"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{namespace}/deployments"
GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/gateways"
HTTP_ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses"
PODS = "/api/v1/namespaces/{namespace}/pods"
SECRETS = "/api/v1/namespaces/{namespace}/secrets"
SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1/namespaces/{namespace}/volumesnapshots"
VOLUMES = "/api/v1/persistentvolumes"
