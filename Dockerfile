# The server as a container image: docker build -t posthaste .       (docs/deploying.md)
#
# Builds with what ./dev installs, on any engine, BuildKit or not; a change of the sources repeats only the last step of the build.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY dev ./
RUN ./dev setup
COPY web/docs/.npmrc web/docs/package*.json web/docs/
RUN cd web/docs && npm ci
COPY dashboard/.npmrc dashboard/package*.json dashboard/
RUN cd dashboard && npm ci
COPY . .
# JOBS: compilers at work; by default as many as there are processors and memory for.
ARG JOBS
RUN VERBOSE=1 ./dev build -DPOSTHASTE_TESTS=OFF && strip build/release/posthaste

FROM debian:bookworm-slim
RUN apt-get update && \
    apt-get install -y --no-install-recommends ca-certificates libargon2-1 libboost-json1.81.0 libboost-url1.81.0 libc-ares2 \
        libfmt9 libjemalloc2 libpq5 libre2-9 libsimdjson14 libsqlite3-0 libssl3 libtomlplusplus3 libyaml-0-2 zlib1g && \
    rm -rf /var/lib/apt/lists/* && \
    groupadd --system --gid 10001 posthaste && \
    useradd --system --uid 10001 --gid posthaste --home-dir /data --no-create-home --shell /usr/sbin/nologin posthaste && \
    install -d -o posthaste -g posthaste -m 0750 /data
COPY --from=build /src/build/release/posthaste /usr/local/bin/posthaste
COPY LICENSE /usr/share/doc/posthaste/copyright
# Fails the build, not the start, when a library is missing.
RUN posthaste version

USER 10001:10001
ENV POSTHASTE_LISTEN=0.0.0.0:8000 POSTHASTE_DATABASE=sqlite:/data
VOLUME /data
WORKDIR /data
EXPOSE 8000
# Attempts in flight are finished for up to drain_seconds (20): give the stop longer than that, docker stop -t 30.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["posthaste", "health"]
ENTRYPOINT ["posthaste"]
CMD ["serve"]
