# A few verbs; what they do is in CMakeLists.txt, CMakePresets.json and tools/.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
# Inputs a fuzzer tries in `make test`.
FUZZ_RUNS ?= 20000
# Arguments for pytest, e.g. E2E_ARGS='-k cursor -x'.
E2E_ARGS ?=
export SAMPLE_SCALE ?= 1
export PG_PORT ?= 15432

PYTEST = .deps/venv/bin/python -m pytest -q -p no:cacheprovider tests/e2e
# Arguments for bench/run.py, e.g. BENCH_ARGS='--only rows --rounds 3'.
BENCH_ARGS ?=
# Everything that a tool caches stays in the clone.
export PIP_CACHE_DIR := $(CURDIR)/.deps/cache/pip
export npm_config_cache := $(CURDIR)/.deps/cache/npm
export MAVEN_OPTS := $(MAVEN_OPTS) -Dmaven.repo.local=$(CURDIR)/.deps/cache/maven
export PYTHONDONTWRITEBYTECODE := 1
export ASAN_OPTIONS ?= detect_leaks=1:abort_on_error=0:allocator_may_return_null=1
export UBSAN_OPTIONS ?= print_stacktrace=1
export LSAN_OPTIONS ?= suppressions=$(CURDIR)/tools/lsan.supp:print_suppressions=0
export TSAN_OPTIONS ?= suppressions=$(CURDIR)/tools/tsan.supp:halt_on_error=1:ignore_noninstrumented_modules=1

.PHONY: help deps build sample run test check clean deps-test format bench
.PHONY: test-unit test-asan test-tsan test-fuzz test-e2e test-e2e-asan

help:
	@echo 'make run      build, make the sample, and serve it on 127.0.0.1:$(PG_PORT) until Ctrl-C'
	@echo 'make build    build/tavana'
	@echo 'make test     everything below; a fresh clone needs nothing before it'
	@echo '  check       layout, lint, the house rules'
	@echo '  test-unit   unit tests                     test-asan      the same under ASan and UBSan'
	@echo '  test-fuzz   $(FUZZ_RUNS) inputs a decoder       test-tsan      the concurrent part under TSan'
	@echo '  test-e2e    clients against the server     test-e2e-asan  the same under ASan and UBSan'
	@echo 'make bench    side by side with other servers, into bench/out (BENCH_ARGS: bench/README.md)'
	@echo 'make deps     what building and running needs (tools/deps); make deps-test: what testing needs'
	@echo 'make format   lays the sources out           make clean     removes what was built'

deps:
	@tools/deps run

deps-test:
	@tools/deps test

build:
	@tools/deps build
	@cmake --preset release >/dev/null
	@cmake --build build -j $(JOBS) --target tavana sample_loader

sample: deps build
	@tools/sample

run: sample
	@echo
	@echo '    psql -h 127.0.0.1 -p $(PG_PORT) -d sample -c "select * from lineitem limit 5"'
	@echo
	@exec build/tavana serve data/sample.duckdb --listen 127.0.0.1:$(PG_PORT)

# One step after the other, in tools/test, which ends with a summary.
test:
	@tools/test

check: deps-test
	@tools/check

test-unit: deps-test
	@cmake --preset release >/dev/null
	@cmake --build build -j $(JOBS)
	@ctest --test-dir build --output-on-failure --timeout 300 -j $(JOBS)

test-asan: deps-test
	@cmake --preset debug >/dev/null
	@cmake --build build-debug -j $(JOBS)
	@ctest --test-dir build-debug --output-on-failure --timeout 600 -j $(JOBS)

test-fuzz: deps-test
	@cmake --preset fuzz >/dev/null
	@FUZZ_RUNS=$(FUZZ_RUNS) tools/fuzz

test-e2e: deps-test build
	@cmake --build build -j $(JOBS) --target drain replay inproc_bench
	@TAVANA_BINARY=$(CURDIR)/build/tavana $(PYTEST) $(E2E_ARGS)

# The same clients in front of a gateway with a worker; what is about the program itself was tried before.
test-e2e-gateway: deps-test build
	@TAVANA_BINARY=$(CURDIR)/build/tavana TAVANA_E2E_WORKERS=1 $(PYTEST) $(E2E_ARGS) \
		$(addprefix --ignore=tests/e2e/test_,bench.py chaos.py docs.py gateway.py rows.py worker.py)

# A gateway with two workers that share a catalog.
test-e2e-workers: deps-test build
	@TAVANA_BINARY=$(CURDIR)/build/tavana TAVANA_E2E_WORKERS=2 $(PYTEST) -rs \
		$(addprefix tests/e2e/test_,auth.py cancel.py cancel_storm.py clients.py copy_in.py copy_out.py cursors.py cursor_scale.py differential.py hostile.py ops.py protocol.py rows.py \
		limits.py scale.py security.py session.py stream.py types.py)

test-e2e-asan: deps-test build
	@cmake --preset debug >/dev/null
	@cmake --build build-debug -j $(JOBS) --target tavana
	@TAVANA_BINARY=$(CURDIR)/build-debug/tavana TAVANA_SANITIZED=1 $(PYTEST) $(E2E_ARGS)

test-tsan: deps-test build
	@cmake --preset tsan >/dev/null
	@cmake --build build-tsan -j $(JOBS)
	@ctest --test-dir build-tsan --output-on-failure --timeout 600 -j $(JOBS) -R '^(base|net|ops|engine|backend|session)_'
	@TAVANA_BINARY=$(CURDIR)/build-tsan/tavana TAVANA_SANITIZED=1 $(PYTEST) -m concurrent $(E2E_ARGS)

bench: sample
	@tools/deps bench
	@cmake --build build -j $(JOBS) --target drain replay inproc_bench
	@.deps/venv/bin/python bench/run.py $(BENCH_ARGS)

format: deps-test
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

clean:
	@rm -rf build build-debug build-tsan build-fuzz
