# A scaffold in a Python environment of its own, on top of an image for agents.
# Built by: mlebench-inspect build aide|openhands|mini-swe-agent [--base IMAGE]
ARG BASE=mlebench-inspect-light
FROM ${BASE}
ARG SCAFFOLD
ARG BASE_USER=agent
USER root
COPY requirements-${SCAFFOLD}.txt /opt/mlebench/
# Byte code is compiled here, once: the agent cannot write it, and these packages take long to import without.
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.pem \
    if [ -s /run/secrets/ca.pem ]; then export PIP_CERT=/run/secrets/ca.pem; fi; \
    python3 -m venv /opt/${SCAFFOLD} && \
    /opt/${SCAFFOLD}/bin/pip install --no-cache-dir --no-deps --disable-pip-version-check \
      -r /opt/mlebench/requirements-${SCAFFOLD}.txt && \
    if [ -e /opt/${SCAFFOLD}/bin/mini ]; then ln -s /opt/${SCAFFOLD}/bin/mini /usr/local/bin/mini; fi
USER ${BASE_USER}
