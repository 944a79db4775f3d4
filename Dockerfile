# The image holds one static binary, the zone database and the certificate
# authorities, and nothing else: no shell, no package manager, no user but a
# number. dockerfile_test.go runs every step of this file that needs no Docker.
#
# A version tag, not a digest, names the base: it is used for building only,
# and nothing of it but the files named below reaches the image. Where images
# have to be reproducible bit by bit, pin it: golang:1.26-bookworm@sha256:….
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/briefbot ./cmd/briefbot

FROM scratch
ARG VERSION=unknown
LABEL org.opencontainers.image.title="Briefbot" \
      org.opencontainers.image.description="Answers questions from editors' briefings, with source and as-of date" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /zoneinfo.zip
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/briefbot /briefbot
ENV ZONEINFO=/zoneinfo.zip \
    BRIEFBOT_WEB_ADDRESS=0.0.0.0:8080
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["/briefbot", "health"]
ENTRYPOINT ["/briefbot"]
CMD ["serve"]
