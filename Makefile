# Two commands for a fresh machine with Rust, Python 3, make and a C compiler:
#     make demo     what Vestry does, shown
#     make test     every test there is
# Everything else that they need they fetch into this tree.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
SAM := .venv-sam

export CARGO_TARGET_DIR ?= $(CURDIR)/target

# The layer is built for this machine's architecture, or for ARCH=x86_64 or ARCH=arm64. For the other one a C compiler
# is needed that makes code for it: CC_aarch64_unknown_linux_musl=aarch64-linux-gnu-gcc make layer ARCH=arm64
HOST_ARCH := $(patsubst aarch64,arm64,$(shell uname -m))
ARCH ?= $(HOST_ARCH)
RUST_x86_64 := x86_64
RUST_arm64 := aarch64
TARGET = $(eval TARGET := $(shell scripts/layer_target.sh $(RUST_$(ARCH))))$(TARGET)
BUILT = $(CARGO_TARGET_DIR)/$(TARGET)/release
LAYER := target/layer
# Some C there is, in the cryptography. It calls nothing but memcpy and the like: this machine's compiler will do, without
# the checked forms of them that glibc alone has.
ifeq ($(ARCH),$(HOST_ARCH))
export CC_$(RUST_$(ARCH))_unknown_linux_musl ?= $(CC)
endif
export CFLAGS_x86_64_unknown_linux_musl ?= -U_FORTIFY_SOURCE
export CFLAGS_aarch64_unknown_linux_musl ?= -U_FORTIFY_SOURCE
LAYERS := $(LAYER)/vestry $(LAYER)/vestry-provided $(LAYER)/policy

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## two runs of `vestry local`: one that starts and answers, one that the policy refuses
	cargo build --locked --bins
	@VESTRY="$(CARGO_TARGET_DIR)/debug/vestry" PYTHON="$(PYTHON)" examples/python/demo.sh

.PHONY: test
test: cargo-test pytest ## every test

# The layer comes first: some of the tests run what it holds.
.PHONY: cargo-test
cargo-test: layer
	cargo test --locked
	cargo test --locked -p chrono-tz
	cargo test --locked --lib --manifest-path benches/Cargo.toml

.PHONY: pytest
pytest: layer rust-function | $(SAM)/.made
	cargo build --locked --bins
	$(VENV)/bin/python -m pytest tests

.PHONY: rust-function
rust-function:
	cargo build --locked --manifest-path examples/rust-function/Cargo.toml

.PHONY: layer
layer: $(VENV)/.made ## the layers, as zips and unpacked, in target/layer
	@test -n "$(RUST_$(ARCH))" || { echo "ARCH=$(ARCH) is neither x86_64 nor arm64" >&2; exit 1; }
	cargo build --locked --release --no-default-features --bin vestry-extension --bin vestry-exec --target $(TARGET)
	rm -rf $(LAYER)
	for layer in $(LAYER)/vestry $(LAYER)/vestry-provided; do \
	    install -D -m 0755 $(BUILT)/vestry-extension $$layer/extensions/vestry && \
	    install -m 0755 $(BUILT)/vestry-exec $$layer/vestry-exec || exit 1; \
	done
	install -m 0755 $(BUILT)/vestry-exec $(LAYER)/vestry-provided/bootstrap
	mkdir -p $(LAYER)/policy && cp -R policy $(LAYER)/policy/policy
	find $(LAYER)/policy -name '*_test.rego' -delete
	$(VENV)/bin/python scripts/zip_layer.py $(LAYERS)

BENCH := target/bench
# Before everything else that this machine does, where it may.
FIRST := $(shell chrt -f 10 true 2>/dev/null && echo chrt -f 10)
BENCH_RUN = $(FIRST) $(BENCH)/programs/cold-start --layer $(LAYER)/vestry --certificates $(BENCH)/certificates \
    --policy $(BENCH_POLICY) --programs $(BENCH)/programs --out $(BENCH)
# For a quick look: make bench RUNS=5 BENCH_FLAGS=--quick
RUNS := 30
BENCH_FLAGS :=
BENCH_POLICY := $(CURDIR)/benches/policy

.PHONY: bench
bench: layer bench-programs ## cold start against its floor: table, target/bench/cold-start.json and .svg
	$(BENCH_RUN) --runs $(RUNS) $(BENCH_FLAGS)

.PHONY: bench-programs
bench-programs: $(VENV)/.made
	mkdir -p $(BENCH)/programs
	cd benches && cargo build --locked --release --target-dir $(CURDIR)/$(BENCH)/build
	cd $(BENCH)/build/release && cp cold-start floor launch stamp ../../programs
	$(CC) -O2 -o $(BENCH)/programs/just-exec benches/just-exec.c
	$(VENV)/bin/python benches/certificates.py $(BENCH)/certificates

.PHONY: instructions
instructions: layer bench-programs ## the instructions of one cold start against the recorded figure
	$(BENCH_RUN) --check benches/instructions-$(ARCH)

.PHONY: start-order
start-order: export VESTRY_SYMBOLS := keep
start-order: layer bench-programs ## benches/start-order.ld anew: which functions a start runs, for the linker
	$(BENCH_RUN) --order benches/start-order.ld --inputs tests/fixtures

# For a quick look: make fuzz FUZZ_SECONDS=20. Or so many executions of each target: make fuzz RUNS=1000000
# And only some of them: TARGETS="reference values"
FUZZ := $(CARGO_TARGET_DIR)/fuzz
FUZZ_SECONDS := 120
FUZZ_FLAGS := --seconds $(FUZZ_SECONDS) $(if $(filter command,$(origin RUNS)),--runs $(RUNS)) $(TARGETS)

.PHONY: fuzz
fuzz: ## bad input for every parser: two minutes of it, and what has to hold
	cargo test --locked --release --manifest-path fuzz/Cargo.toml --target-dir $(FUZZ)
	cargo build --locked --release --manifest-path fuzz/Cargo.toml --target-dir $(FUZZ)
	$(FUZZ)/release/vestry-fuzz --findings target/fuzz/findings $(FUZZ_FLAGS)

.PHONY: conformance
conformance: ## OPA's own cases through the engine: make conformance OPA_CASES=DIR
	OPA_CASES="$(OPA_CASES)" cargo test --locked --test conformance

.PHONY: conformance-docs
conformance-docs:
	OPA_CASES="$(OPA_CASES)" cargo test --locked --test conformance -- --write docs/rego.md

# The newest that a released Go builds; it is fetched and built once.
OPA_VERSION := v1.22.2
OPA := target/opa/$(OPA_VERSION)/opa

.PHONY: parity
parity: ## Vestry held against the real OPA, which Go builds
	@if command -v go >/dev/null; then $(MAKE) --no-print-directory parity-with-opa; \
	else echo "parity: Go is not here, so OPA cannot be built; nothing was compared"; fi

.PHONY: parity-with-opa
parity-with-opa: $(OPA)
	cargo build --locked --bins
	$(PYTHON) tests/parity/run.py $(OPA) $(CARGO_TARGET_DIR)/debug/vestry

$(OPA):
	GOBIN="$(CURDIR)/$(@D)" go install github.com/open-policy-agent/opa@$(OPA_VERSION)

.PHONY: lint
lint: $(VENV)/.made ## format, clippy with every feature set, licences and advisories
	cargo fmt --check
	cargo fmt --check --manifest-path examples/rust-function/Cargo.toml
	cargo fmt --check --manifest-path benches/Cargo.toml
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --all-targets --no-default-features -- -D warnings
	cargo clippy --locked --all-targets --manifest-path examples/rust-function/Cargo.toml -- -D warnings
	cargo clippy --locked --all-targets --manifest-path benches/Cargo.toml -- -D warnings
	cargo clippy --locked --features fuzz -- -D warnings
	cargo clippy --locked --all-targets --manifest-path fuzz/Cargo.toml -- -D warnings
	scripts/audit.sh

.PHONY: clean
clean: ## everything that was built or fetched into this tree
	rm -rf target $(VENV) $(SAM) examples/rust-function/target

# A virtual environment is made once for each set of pins; a half-made one has no stamp and is made again.
$(VENV)/.made: requirements.txt
$(SAM)/.made: requirements-sam.txt
%/.made:
	rm -rf $*
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv $*
	$*/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps -r $<
	touch $@
