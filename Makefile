# Two commands: `make demo` shows what this is, `make test` runs every test. Both set up what is missing.
# The work is done by the scripts in scripts/, which say what they do.

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test test-llm test-servers install psql dsn stop clean bench soak eval setup lint
export PG_CONFIG

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## set everything up, load the Scout data, ask eight questions
	@scripts/demo.sh

test: ## set everything up, run every test (SUITE='core fuzz in-server sql clients': some)
	@scripts/test.sh $(SUITE)

test-llm: ## ask a real small language model, end to end (the first time compiles for ten minutes)
	@scripts/test-llm.sh

test-servers: ## test on PostgreSQL 18 and 16, too, from a Python package (an hour)
	@scripts/other-servers.sh

install: ## install the extension in your own server: make install PG_CONFIG=/path/to/pg_config
	@scripts/install-own.sh "$(PG_CONFIG)"

psql: ## a psql session in the private cluster's demo database
	@scripts/up.sh && scripts/cluster.sh psql

dsn: ## print the connection string of the demo database, starting the private cluster if needed
	@scripts/dsn.sh

stop: ## stop the private cluster
	@scripts/cluster.sh stop

clean: ## remove the private cluster and everything built
	@scripts/clean.sh

bench: ## measure; the report goes to .pg/bench (PART='latency throughput memory core counted peer': some)
	@scripts/bench.sh $(PART)

soak: ## mixed load for MINUTES (default 20): memory flat, no error unaccounted
	@scripts/soak.sh $(MINUTES)

eval: ## run the evaluation kits of ../shared/eval or EVAL_DIR (KIT=name: one of them)
	@scripts/eval.sh $(KIT)

setup: ## only what building needs: packages, cargo-pgrx, the private copy of the server, pgvector
	@scripts/setup.sh

lint: ## check the format and lint the Rust code, warnings denied
	@scripts/lint.sh
