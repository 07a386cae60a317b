# The connector as a static binary on a base with a shell: the platform starts it through `sh`.
ARG RUST_VERSION=1.95
FROM rust:${RUST_VERSION}-alpine AS build
RUN apk add --no-cache build-base cmake perl linux-headers
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY spec spec
RUN cargo build --release --locked --bin destination-ai-voice

FROM alpine:3.22
RUN apk add --no-cache ca-certificates \
 && adduser -D -u 1000 airbyte \
 && mkdir -p /config /secrets /dest /local \
 && chown airbyte:airbyte /config /secrets /dest /local
COPY --from=build /build/target/release/destination-ai-voice /usr/local/bin/destination-ai-voice
WORKDIR /dest
ENV AIRBYTE_ENTRYPOINT="/usr/local/bin/destination-ai-voice"
ENTRYPOINT ["/usr/local/bin/destination-ai-voice"]
LABEL io.airbyte.name="destination-ai-voice" io.airbyte.version="0.1.0"
USER 1000:1000
