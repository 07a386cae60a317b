# The connector on Debian: the platform starts it through a shell. `image/build.sh` builds it.
ARG BUILD_IMAGE=docker.io/library/rust:1.95-slim-bookworm
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim

# Each platform compiles for itself, so `--platform linux/amd64,linux/arm64` needs nothing else.
FROM ${BUILD_IMAGE} AS build
WORKDIR /build
# Relocations as few bytes, which the C library of the base below understands (from 2.36 on).
ENV RUSTFLAGS="-C link-arg=-Wl,-z,pack-relative-relocs"
# The dependencies first, under an empty program: they are built again only when they change.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
 && touch src/lib.rs \
 && echo 'fn main() {}' > src/main.rs \
 && cargo build --release --locked --bin destination-ai-voice \
 && rm -r src
COPY src src
RUN touch src/lib.rs src/main.rs \
 && cargo build --release --locked --bin destination-ai-voice

FROM ${BASE_IMAGE}
# Written by hand because `useradd` dates its entry, and no two images would be the same.
RUN echo 'airbyte:x:1000:1000::/dest:/bin/sh' >> /etc/passwd \
 && echo 'airbyte:x:1000:' >> /etc/group \
 && mkdir -p /config /secrets /dest /local \
 && chown 1000:1000 /config /secrets /dest /local
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /build/target/release/destination-ai-voice /usr/local/bin/destination-ai-voice
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
