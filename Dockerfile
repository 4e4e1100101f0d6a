# JASM's three images, from one base: init (what runs in pods), injector (the webhook), full (the
# CLI for people). `make image` builds them with docker, podman or buildah, whichever is there.
# BASE is any image with Python 3.11 or newer with venv, and coreutils or busybox.
ARG BASE=python:3.14-slim

FROM ${BASE} AS build
WORKDIR /src
RUN python3 -m venv /venv
COPY requirements/init.txt requirements/injector.txt requirements/full.txt requirements/sbom.txt requirements/
COPY deploy/image deploy/image
COPY LICENSE LICENSE
COPY initsync initsync
COPY injector injector
# Every file gets this time, so that the same sources make the same layers.
ARG SOURCE_DATE_EPOCH=0
ENV SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH} \
    INSTALL="/venv/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes --only-binary :all:" \
    SBOM="/venv/bin/python -m deploy.image.sbom"
# Into the environment of the build, not into an image: what writes the bills of materials.
RUN $INSTALL -r requirements/sbom.txt

# Only what the pod path can import, and bytecode of its part of the standard library where the
# base has none; with -IS neither environment nor site-packages are looked at.
FROM build AS init-files
RUN $INSTALL --report /report.json --target /library -r requirements/init.txt \
 && python3 deploy/image/podpath.py . /library /out \
 && cp LICENSE /out/opt/jasm && $SBOM jasm-init /library /report.json /out \
 && python3 deploy/image/launchers.py /out -IS jasm-init=initsync.pod.main jasm-wait=initsync.pod.wait \
 && find /out -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +

FROM build AS injector-files
RUN $INSTALL --report /report.json --target /out/opt/jasm -r requirements/injector.txt \
 && cp -r LICENSE initsync injector /out/opt/jasm \
 && rm -rf /out/opt/jasm/bin /out/opt/jasm/initsync/testing /out/opt/jasm/initsync/demo \
 && $SBOM jasm-injector /out/opt/jasm /report.json /out \
 && python3 -m compileall -q -f --invalidation-mode unchecked-hash -s /out /out/opt/jasm \
 && python3 deploy/image/launchers.py /out -I jasm-injector=injector.__main__ \
 && find /out -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +

FROM build AS full-files
RUN $INSTALL --report /report.json --target /out/opt/jasm -r requirements/full.txt \
 && cp -r LICENSE initsync /out/opt/jasm \
 && rm -rf /out/opt/jasm/bin /out/opt/jasm/initsync/testing /out/opt/jasm/initsync/demo \
 && $SBOM jasm-full /out/opt/jasm /report.json /out \
 && python3 -m compileall -q -f --invalidation-mode unchecked-hash -s /out /out/opt/jasm \
 && python3 deploy/image/launchers.py /out -I initsync=initsync.__main__ \
    jasm-init=initsync.pod.main jasm-wait=initsync.pod.wait \
 && find /out -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +

# No pip: nothing is ever installed into a running container.
FROM ${BASE} AS base
RUN rm -rf /usr/local/lib/python3*/site-packages/pip* /usr/local/lib/python3*/ensurepip \
    /usr/local/bin/pip* /usr/lib/python3*/ensurepip /usr/share/python-wheels
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.vendor="JASM" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 65532:65532
WORKDIR /

FROM base AS full
LABEL org.opencontainers.image.title="jasm-full" \
      org.opencontainers.image.description="The initsync command: sync by hand, check manifests, list"
COPY --from=full-files /out /
ENTRYPOINT ["initsync"]

FROM base AS injector
LABEL org.opencontainers.image.title="jasm-injector" \
      org.opencontainers.image.description="The webhook that puts jasm-init into annotated pods"
COPY --from=injector-files /out /
EXPOSE 8443
ENTRYPOINT ["jasm-injector"]
CMD ["serve"]

FROM base AS init
LABEL org.opencontainers.image.title="jasm-init" \
      org.opencontainers.image.description="Syncs one cloud secret into a Kubernetes Secret before a pod's containers start"
COPY --from=init-files /out /
ENTRYPOINT ["jasm-init"]
