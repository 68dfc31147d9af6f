"""What every part of the world agrees on: the time, the image, the caller and a secret."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
IMAGE = "jhub.azurecr.io/notebook"
OLU = "7d3c4b5a-0000-4000-8000-000000000002"
# A secret as a release's values hold them: it must never be shown.
SECRET = "client-secret-4f81c0"
