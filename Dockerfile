# The connector as a static binary on a base with a shell: the platform starts it through `sh`.
# `image/build.sh` builds it, with stand-ins for the two bases where no registry can be reached.
ARG BUILD_IMAGE=docker.io/library/rust:1.95.0-alpine3.22
ARG BASE_IMAGE=docker.io/library/alpine:3.22.2

# Each platform compiles for itself, so `--platform linux/amd64,linux/arm64` needs nothing else.
FROM ${BUILD_IMAGE} AS build
RUN apk add --no-cache build-base linux-headers
WORKDIR /build
# The dependencies first, under an empty program: they are built again only when they change.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
 && touch src/lib.rs \
 && echo 'fn main() {}' > src/main.rs \
 && cargo build --release --locked --bin destination-ai-voice --target "$(uname -m)-unknown-linux-musl" \
 && rm -r src
COPY src src
RUN touch src/lib.rs src/main.rs \
 && cargo build --release --locked --bin destination-ai-voice --target "$(uname -m)-unknown-linux-musl" \
 && mv target/*-unknown-linux-musl/release/destination-ai-voice /destination-ai-voice

FROM ${BASE_IMAGE}
# Written by hand because `adduser` dates its entry, and no two images would be the same.
RUN echo 'airbyte:x:1000:1000::/dest:/bin/sh' >> /etc/passwd \
 && echo 'airbyte:x:1000:' >> /etc/group \
 && mkdir -p /config /secrets /dest /local \
 && chown 1000:1000 /config /secrets /dest /local
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /destination-ai-voice /usr/local/bin/destination-ai-voice
# Under this name it is a Singer target.
RUN ln -s destination-ai-voice /usr/local/bin/target-ai-voice
LABEL io.airbyte.name="destination-ai-voice" \
      io.airbyte.version="0.1.0" \
      org.opencontainers.image.title="destination-ai-voice" \
      org.opencontainers.image.description="A data-sync destination that adds warehouse records to AI voice-call campaigns" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/destination-ai-voice/destination-ai-voice" \
      org.opencontainers.image.documentation="https://github.com/destination-ai-voice/destination-ai-voice/blob/main/docs/ai-voice.md"
WORKDIR /dest
ENV AIRBYTE_ENTRYPOINT="/usr/local/bin/destination-ai-voice"
ENTRYPOINT ["/usr/local/bin/destination-ai-voice"]
USER 1000:1000
