# A few verbs; what they do is in CMakeLists.txt, CMakePresets.json and tools/.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
# Inputs a fuzzer tries in `make test`.
FUZZ_RUNS ?= 20000
# Arguments for pytest, e.g. E2E_ARGS='-k cursor -x'.
E2E_ARGS ?=
export SAMPLE_SCALE ?= 1
export PG_PORT ?= 15432

# A file of tests for each core runs at once.
RUN_PYTEST = .deps/venv/bin/python -m pytest -q -p no:cacheprovider -n $(JOBS) --dist loadfile
PYTEST = $(RUN_PYTEST) tests/e2e
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

.PHONY: help deps build sample run test check clean deps-test format bench tools
.PHONY: test-unit test-asan test-tsan test-fuzz test-e2e test-e2e-asan test-e2e-gateway test-e2e-workers test-full

help:
	@echo 'make run      build, make the sample, and serve it on 127.0.0.1:$(PG_PORT) until Ctrl-C'
	@echo 'make build    build/tavana'
	@echo 'make test     everything below; a fresh clone needs nothing before it'
	@echo '  check       layout, lint, the house rules'
	@echo '  test-unit   unit tests                     test-asan      the same under ASan and UBSan'
	@echo '  test-fuzz   $(FUZZ_RUNS) inputs a decoder       test-tsan      the concurrent part under TSan'
	@echo '  test-e2e    clients against the server     test-e2e-asan  the same under ASan and UBSan'
	@echo 'make test-full  the same, nothing left out and at full length: hours'
	@echo 'make tools    tools that people have do their main job, here and on PostgreSQL'
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

# All of it at full length: hours.
test-full:
	@TAVANA_FULL=1 FUZZ_RUNS=1000000 tools/test

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

# Below, what workers or an instrumented build do not change is left out, and so is what takes long (conftest.py);
# `make test-full` leaves nothing out.
leave_out = $(if $(TAVANA_FULL),,$(addprefix --ignore=tests/e2e/test_,$(addsuffix .py,$(1))))

# The same clients in front of a gateway with a worker.
test-e2e-gateway: deps-test build
	@TAVANA_BINARY=$(CURDIR)/build/tavana TAVANA_E2E_WORKERS=1 $(PYTEST) $(E2E_ARGS) \
		$(addprefix --ignore=tests/e2e/test_,bench.py chaos.py docs.py gateway.py rows.py worker.py) \
		$(call leave_out,auth barrier cursor_scale hostile hosts login ops planning route scale security \
			columns composites date_functions domains encodings enums expressions formats functions_alone kept_keys keys \
			plpgsql_cursors procedures sql_functions written_out)

# A gateway with two workers that share a catalog.
shared_catalog = cancel cancel_storm copy_in copy_out cursors limits protocol rows session stream
shared_catalog_full = $(shared_catalog) auth clients cursor_scale differential hostile ops scale security types
test-e2e-workers: deps-test build
	@TAVANA_BINARY=$(CURDIR)/build/tavana TAVANA_E2E_WORKERS=2 $(RUN_PYTEST) -rs $(E2E_ARGS) \
		$(patsubst %,tests/e2e/test_%.py,$(if $(TAVANA_FULL),$(shared_catalog_full),$(shared_catalog)))

# Two callers of an allocation are kept: those beyond the engine's library, which has no frame pointers, are made up, no two
# alike, and to look for them among all others took 63 % of the time.
test-e2e-asan: export ASAN_OPTIONS := $(ASAN_OPTIONS):malloc_context_size=2
test-e2e-asan: deps-test build
	@cmake --preset debug >/dev/null
	@cmake --build build-debug -j $(JOBS) --target tavana
	@TAVANA_BINARY=$(CURDIR)/build-debug/tavana TAVANA_SANITIZED=1 $(PYTEST) $(E2E_ARGS) \
		$(call leave_out,bench chaos clients columns composites docs domains encodings expressions functions_alone hosts keys kept_keys \
			ops partial_indexes planning plpgsql procedures references restart route scale sql_functions statements \
			temp_directory written_out)

test-tsan: deps-test build
	@cmake --preset tsan >/dev/null
	@cmake --build build-tsan -j $(JOBS)
	@ctest --test-dir build-tsan --output-on-failure --timeout 600 -j $(JOBS) -R '^(base|net|ops|engine|backend|session)_'
	@TAVANA_BINARY=$(CURDIR)/build-tsan/tavana TAVANA_SANITIZED=1 $(PYTEST) -m concurrent $(E2E_ARGS)

bench: sample
	@tools/deps bench
	@cmake --build build -j $(JOBS) --target drain replay inproc_bench
	@.deps/venv/bin/python bench/run.py $(BENCH_ARGS)

# The trial of tools: dbt, Django, SQLAlchemy … do their main job here and on PostgreSQL. Minutes.
tools: build
	@tools/deps tools
	@.deps/tools-venv/bin/python -m pytest -q -p no:cacheprovider tests/trial $(E2E_ARGS)

format: deps-test
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

clean:
	@rm -rf build build-debug build-tsan build-fuzz
