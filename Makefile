# `make help` lists what there is to make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GO_BUILD := CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

# The tools run at a fixed version through `go run`: their sums are checked as
# those of every module are, nothing is downloaded but source, the build cache
# keeps the binary, and go.mod holds none of the linter's 200 dependencies,
# which would otherwise raise the versions that the program is built with.
GOLANGCI_LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := go run golang.org/x/vuln/cmd/govulncheck@v1.4.0
VULN_DATABASE := https://vuln.go.dev

EVAL ?= ../shared/eval/dev_questions.jsonl
FUZZTIME ?= 30s

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build the static binary bin/briefbot
	$(GO_BUILD) -o bin/briefbot ./cmd/briefbot

.PHONY: run
run: ## serve the page and the API on 127.0.0.1:8080
	go run ./cmd/briefbot serve

.PHONY: test
test: test-deps ## install what the tests need and run them all, race detector on
	go test -race ./...

.PHONY: test-deps
test-deps:
	@.ci/test-deps

.PHONY: check
check: lint test ## all that CI runs: lint, then test

.PHONY: lint
lint: lint-format lint-code lint-vet lint-modules lint-vulnerabilities ## check formatting, linters, vet, go.mod and known vulnerabilities

.PHONY: lint-format
lint-format:
	$(GOLANGCI_LINT) fmt --diff

.PHONY: lint-code
lint-code:
	$(GOLANGCI_LINT) run

.PHONY: lint-vet
lint-vet:
	go vet ./...

.PHONY: lint-modules
lint-modules:
	go mod tidy -diff

# Known vulnerabilities are looked for where their database can be reached.
.PHONY: lint-vulnerabilities
lint-vulnerabilities:
	@if curl --fail --silent --show-error --max-time 10 --output /dev/null $(VULN_DATABASE)/index/db.json; \
	then $(GOVULNCHECK) ./...; \
	else echo "govulncheck was not run: its database $(VULN_DATABASE) cannot be reached from here."; fi

.PHONY: fmt
fmt: ## format the code
	$(GOLANGCI_LINT) fmt

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s)
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort | while IFS=: read -r file func; do \
		go test -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")"; \
	done

.PHONY: bench
bench: ## measure start, memory, latency, the public question sets, bleve beside us and large libraries
	go run ./bench
	cd bench/compare && go run .
	go test -run "^$$" -bench . -benchmem ./...

.PHONY: chaos
chaos: ## deliver digests while everything goes wrong, and count what arrives
	go run ./bench/chaos $(CHAOS)

.PHONY: load
load: ## measure how many digests are delivered how fast
	go run ./bench/load

.PHONY: eval
eval: ## score the answers on the questions of the file EVAL
	go run ./cmd/briefbot eval $(EVAL)

.PHONY: clean
clean: ## remove what was built
	rm -rf bin dist
