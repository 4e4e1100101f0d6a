# Everything a developer runs. The first target makes the environment once, from hashes only.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-all lint types unit cluster cluster-oldest test-node manifests image image-size audit dist bench lock clean
.DEFAULT_GOAL := test

demo: $(READY)
	@$(BIN)/initsync demo

test: lint types unit cluster

# Each form and full counts: both Helms, the oldest Kubernetes, the images, the node (root on Linux).
test-all: export FULL = 1
test-all: test cluster-oldest test-node

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

# Everything that needs no cluster; the embedded API is part of it. HELM=skip leaves the chart out,
# ORACLES=skip the clouds' own clients, OPENBAO=skip what asks a real OpenBao (75 MB, once).
# ARGS go to pytest, here and below: options, or the tests to run in place of all.
# More tests are under way than there are cores, here and below: some of them wait.
unit: $(READY)
	@$(BIN)/python -m tests.programs unit
	$(BIN)/pytest -n 3 --ignore tests/cluster --ignore tests/image --ignore-glob "*/test_node_*" $(ARGS)

# A file's tests stay together, for they share a cluster or an injector.
CLUSTER_TESTS = $(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder -o testpaths=tests/cluster

# What keeps an API server busy for a minute a test has the machine to itself in full: beside others
# a request would take longer than the API server lets it.
ALONE = $(if $(FULL),$(if $(ARGS),,tests/cluster/test_policy_oversized.py))

# The real API server: built at first use, or taken from KUBEBUILDER_ASSETS; CLUSTER=skip leaves it out.
# GOGC: etcd and it have memory enough, and look for garbage less often; but in full, where pods of
# 80,000 containers would have it take 22 GB so.
cluster cluster-oldest: export GOGC ?= $(if $(FULL),100,400)
cluster: $(READY)
	@$(BIN)/python -m tests.programs cluster
	$(CLUSTER_TESTS) $(ALONE:%=--ignore=%) $(ARGS)
	$(if $(ALONE),$(BIN)/pytest $(ALONE))

# The same against the oldest Kubernetes that is supported.
cluster-oldest: $(READY)
	@JASM_TEST_KUBERNETES=1.30.14 $(BIN)/python -m tests.programs cluster
	JASM_TEST_KUBERNETES=1.30.14 $(CLUSTER_TESTS) $(ARGS)

# The images on a real kubelet and containerd, in namespaces of their own; needs root on Linux.
# NODE=skip leaves it out; STARTS is how many starts a race is tried with; BASE_SUITE is the Debian of the
# images.
test-node: $(READY)
	@$(BIN)/python -m tests.node $(ARGS)

# What is made from deploy/chart/jasm: deploy/manifests and docs/chart-values.md. A test compares them.
manifests: $(READY)
	@$(BIN)/python -m tests.chart

# With docker, podman or buildah; `deploy/image/build` names the variables.
image:
	@deploy/image/build

# What each layer of the pod's image weighs.
image-size:
	@saved=$$(mktemp -d) && trap 'rm -rf "$$saved"' EXIT && \
	TARGETS=init SAVE="$$saved" deploy/image/build && $(PYTHON) deploy/image/size.py "$$saved/init.tar"

# Known vulnerabilities of what is locked; ARGS=--required fails where the package index has no answer.
audit: $(READY)
	@$(BIN)/python -m deploy.audit $(ARGS)

# Wheel and source: the same commit makes the same bytes.
dist: $(READY)
	@rm -rf dist
	@SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} \
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist && rm -f dist/.gitignore

bench: $(READY)
	@$(BIN)/python -m tests.bench $(ARGS)

COMPILE = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"
lock: $(READY)
	$(COMPILE) requirements/uv.in -o requirements/uv.txt
	$(COMPILE) requirements/go.in -o requirements/go.txt
	$(COMPILE) requirements/oracles.in -o requirements/oracles.txt
	$(COMPILE) requirements/ministack.in -o requirements/ministack.txt
	$(COMPILE) requirements/openbao.in -o requirements/openbao.txt
	$(COMPILE) pyproject.toml --all-extras --group dev -o requirements/dev.txt
	$(COMPILE) pyproject.toml -c requirements/dev.txt -o requirements/init.txt
	$(COMPILE) pyproject.toml -c requirements/dev.txt --extra injector -o requirements/injector.txt
	$(COMPILE) pyproject.toml -c requirements/dev.txt --extra cli -o requirements/full.txt
	$(COMPILE) --group sbom -c requirements/dev.txt -o requirements/sbom.txt

clean:
	rm -rf $(VENV)

$(READY): pyproject.toml requirements/uv.txt requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "JASM needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	@echo "making the environment in $(VENV) (first time: under a minute)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@# Compiled here: where Python may write no bytecode, each of the suite's programs would compile it anew.
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
