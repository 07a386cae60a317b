# On a fresh machine with cargo and python3: `make demo`, `make test`, `make conformance`.

# Where cargo builds: its settings may have moved it.
TARGET = $(shell cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')

.PHONY: tools demo quick test check-format lint docs quick-tests unit-tests build-tests integration-tests simulation protocol \
	conformance simulate kills soak fuzz mutations \
	bench bench-end-to-end generate advisories image wheel clean

# To optimise the unit tests takes longer than they do.
PLAIN = --config profile.dev.package.destination-ai-voice.opt-level=0

SEEDS ?= 1000000
KILLS ?= 1000
RECORDS ?= 10000000
SECONDS ?= 30

# The main job, against the embedded sandbox. Nobody is called. Built as the tests are: a release takes three times as long.
demo:
	@.ci/tools build
	cargo run --locked -- demo

# The door for every change on the way: no server, no Python, no real process, two minutes at most on a warm tree.
quick: check-format lint quick-tests

# Everything that must hold before a change lands. On two cores: while the unit tests wait, what tests from outside is
# built; while the platform's programs do one thing after another, the simulation has the other core.
test: tools check-format lint docs
	cargo test --locked $(PLAIN) --lib --no-run
	$(MAKE) --no-print-directory --jobs 2 unit-tests build-tests
	$(MAKE) --no-print-directory integration-tests
	$(MAKE) --no-print-directory --jobs 2 protocol simulation

# Names what `test` misses before anything is built.
tools:
	@.ci/tools build test

check-format:
	cargo fmt --all --check

lint:
	cargo clippy --locked --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny --offline --locked check bans licenses sources; \
	else echo "cargo-deny is not installed: licences and sources are not looked at"; fi

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

# The ledger's tests on a real PostgreSQL are for `make test`.
quick-tests:
	INSTA_UPDATE=no cargo test --locked $(PLAIN) --lib -- --skip ledger::postgres::tests

# Many of them wait for processes and servers, so there are more at once than cores.
unit-tests integration-tests: export RUST_TEST_THREADS ?= 4

unit-tests:
	INSTA_UPDATE=no cargo test --locked $(PLAIN) --lib

# The real program, and whatever is there to be tested beside the library. Beside the unit tests it comes second: who
# has cargo first keeps the other waiting until all is built.
build-tests:
	@sleep 3
	cargo build --locked --bins --examples --test '*'

integration-tests:
	INSTA_UPDATE=no cargo test --locked --bins --example sink --test integration_tests
	cargo test --locked --doc

simulation:
	cargo test --locked --test simulation

# The platform's own programs and models against the binary that the tests built.
protocol:
	cargo build --locked --bins --examples
	AI_VOICE_BINARY=$(TARGET)/debug/destination-ai-voice integration_tests/conformance/run protocol

# The heavy suites: images, warehouses, other programs that move data (integration_tests/conformance); the longest first.
conformance:
	@.ci/tools build test conformance
	cargo build --locked --bins --examples
	AI_VOICE_BINARY=$(TARGET)/debug/destination-ai-voice \
		integration_tests/conformance/run image spark singer wheel storage warehouse report form

# Millions of syncs with faults and crashes; a seed that fails is printed, and replays with
# `cargo test --release --test simulation -- --from SEED --seeds 1`.
simulate:
	cargo test --release --locked --test simulation -- --seeds $(SEEDS)

# The release binary, killed at random instants: both vendors with SQLite, PostgreSQL and PgBouncer, side by
# side because each mostly waits. `make kills KILLS=…` for another number of kills.
kills:
	cargo build --release --locked
	KILLS=$(KILLS) AI_VOICE_BINARY=$(TARGET)/release/destination-ai-voice \
		cargo test --locked --test integration_tests kills -- --nocapture --test-threads 7

# A long sync of each vendor with every fault on and a ledger, side by side; `make soak RECORDS=…` for a shorter one.
soak:
	cargo build --release --locked
	RECORDS=$(RECORDS) AI_VOICE_BINARY=$(TARGET)/release/destination-ai-voice \
		cargo test --locked --test integration_tests soaked -- --nocapture --test-threads 2

# Each target of fuzz/ for so many seconds, two at a time; `make fuzz SECONDS=… FEED=lines` for one.
fuzz:
	@.ci/tools build fuzzing
	CARGO_TARGET_DIR=$(TARGET) fuzz/run $(SECONDS) $(FEED)

# Plants bugs one by one and demands that the simulation finds each.
mutations:
	integration_tests/simulation/mutations.sh

# What each stage of a record's path costs alone; `make bench STAGE=map` for one.
bench:
	cargo bench --locked --bench stages -- $(STAGE)

# Whole syncs beside a floor and a Python peer; `make bench-end-to-end OPTIONS=--help`.
bench-end-to-end:
	benches/end_to_end/run.py $(OPTIONS)

# Rewrites what is generated from the code: the form, the contact's schema, the tables in the docs.
generate:
	UPDATE_GENERATED=1 cargo test --locked --test integration_tests generated

# Known holes in what came in with a dependency; asks a database in the network.
advisories:
	cargo deny --locked check advisories

# With docker or podman; `image/build.sh` has more ways.
image:
	image/build.sh destination-ai-voice:dev

# A Python wheel with the program in it, under target/wheels.
wheel:
	@.ci/tools build wheel
	test -x $(TARGET)/maturin/bin/maturin || python3 -m venv $(TARGET)/maturin
	$(TARGET)/maturin/bin/pip install --quiet --disable-pip-version-check maturin==1.16.0
	$(TARGET)/maturin/bin/maturin build --release --locked --out $(TARGET)/wheels

clean:
	cargo clean
