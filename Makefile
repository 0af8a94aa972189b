# What people and CI do with this repository. `make` lists it.
#
#   STACK  the stack that up, preview, down and the like work on. `local` is the embedded cloud;
#          any other one (its settings are Pulumi.STACK.yaml) is on Google Cloud.
#   MACHINES=1  an embedded cloud of its own whose instances boot (as root); its stack: machines.
#   VENV   where the Python packages go; name a folder elsewhere if the checkout is read-only.

SHELL := bash
.SHELLFLAGS := -p -o errexit -o nounset -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
# A person's options for pip, Python, git and others are not for what is started here.
unexport $(shell $(PYTHON) -I host/inherited.py 2>/dev/null)

MACHINES ?=
STACK ?= $(if $(MACHINES),machines,local)
VENV ?= .venv
$(if $(word 2,$(VENV)),$(error VENV: '$(VENV)' has a space, which make cannot have in a name; name another folder))
# Where `make e2e-files` writes clouds.yaml and e2e.env.
DIR ?= .
# For `make devstack`: the repositories to build from, each OWNER/NAME.git; where its logs go.
MIRRORS ?=
LOGS ?= $(CURDIR)/_artifacts/devstack

PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.requirements-installed
# Neither a read-only checkout nor `git status` should notice that tests ran. Most
# tests wait for something, so there are two processes a core.
PROCESSES := $(shell echo $$((2 * $$(nproc))))
PYTEST := $(PY) -m pytest -p no:cacheprovider --numprocesses $(PROCESSES) --dist loadgroup
TYPED := host stacks job localcloud docs __main__.py
NODE_LIBRARIES := $(wildcard cloudinit/*/rootfs/usr/local/lib/devstack-node)
SHFMT := $(VENV)/bin/shfmt --indent 2
EMBEDDED := $(or $(MACHINES),$(filter local,$(STACK)))
KIND := $(if $(MACHINES),--machines)
JOB := $(if $(EMBEDDED),$(PY) -m localcloud run $(KIND) -- )$(PY) -m job

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the cloud ---

.PHONY: preflight up preview refresh outputs down e2e-files
preflight: ready ## check what can be known to be wrong before `up`
	@$(JOB) preflight --stack $(STACK) --for up

up: ready ## create or update the stack, and print its outputs
	@$(JOB) up --stack $(STACK)

preview: ready ## show what `up` would change
	@$(JOB) preview --stack $(STACK)

refresh: ready ## read back what the cloud really holds
	@$(JOB) refresh --stack $(STACK)

outputs: ready ## print the stack's outputs, secrets masked
	@$(JOB) outputs --stack $(STACK)

e2e-files: ready ## write clouds.yaml and e2e.env into DIR
	@$(JOB) e2e-files --stack $(STACK) --dir '$(DIR)'

down: ready ## destroy the stack; on localcloud, end the double too
	@$(JOB) down --stack $(STACK)
	@$(if $(EMBEDDED),$(PY) -m localcloud stop $(KIND))

# --- checks ---

.PHONY: check style fmt lint types shell docs-check
check: style test ## everything that CI runs

style: lint types shell docs-check ## everything but the tests

fmt: venv ## format the code
	@$(PY) -m ruff format
	@$(PY) -m ruff check --fix
	@$(SHFMT) --write $$($(SHELL_SCRIPTS))

lint: venv ## style of the Python code
	@$(PY) -m ruff format --check
	@$(PY) -m ruff check

types: venv ## types of the Python code
	@$(PY) -m mypy $(TYPED)
	@# The oldest Python that mypy knows; CentOS Stream 9 has 3.9, which ruff looks after.
	@MYPYPATH=$$(tr ' ' : <<<'$(NODE_LIBRARIES)') $(PY) -m mypy --python-version 3.10 $(wildcard $(NODE_LIBRARIES:=/*/))

# Found by their first line, since a program on a node has no suffix.
SHELL_SCRIPTS = grep --recursive --files-with-matches --extended-regexp --max-count=1 \
	'^\#!(/usr)?/bin/(env )?(ba)?sh' scripts cloudinit localcloud/devstack \
	tests/devstack/overlay .ci

shell: venv ## the shell scripts
	@$(VENV)/bin/shellcheck $$($(SHELL_SCRIPTS))
	@$(SHFMT) --diff $$($(SHELL_SCRIPTS))

docs-check: venv ## whether the generated documents are current
	@$(PY) -m docs.generate --check

# --- tests ---

# A client of Google's that no package source of Debian or Python has: nothing else needs it.
GCLOUD_TESTS := tests/contract/test_gcloud.py
WITHOUT_GCLOUD := --ignore=$(GCLOUD_TESTS)

.PHONY: test unit nodes contract gcloud-test engine boot devstack tunnel-test plans bench bench-order bench-interruptions
test: tested-on originals boots routes ## all tests
	@$(PYTEST) tests $(WITHOUT_GCLOUD)

# They wait for little, and each process takes seconds to import and collect them all.
unit: tested-on ## the tests that start no engine
	@$(PYTEST) --numprocesses $$(nproc) tests/unit

nodes: tested-on ## what runs on the nodes
	@$(PYTEST) tests/nodes

contract: tested-on originals ## the doubles against Google's own clients and the real Boskos
	@$(PYTEST) tests/contract $(WITHOUT_GCLOUD)

gcloud-test: venv ## the API double against gcloud, which is not in Debian
	@scripts/need-packages gcloud=google-cloud-cli
	@$(PYTEST) $(GCLOUD_TESTS)

engine: tested-on ## the program on the real engine and localcloud
	@$(PYTEST) tests/engine

boot: tested-on boots routes ## both nodes' user data on machines that boot (as root)
	@$(PYTEST) tests/boot

devstack: boots ## the real DevStack on machines that boot, from MIRRORS (as root)
	@[[ -n "$(MIRRORS)" ]] || { echo 'name a folder of mirrors: make devstack MIRRORS=…' >&2; exit 1; }
	@scripts/need-packages slirp4netns=slirp4netns busybox=busybox-static cpio=cpio \
	  qemu-img=qemu-utils iptables=iptables ping=iputils-ping
	@$(PY) -m tests.devstack --mirrors '$(MIRRORS)' --artifacts '$(LOGS)'

tunnel-test: routes ## the tunnel between network namespaces (as root)
	@$(PYTEST) tests/tunnel

plans: tested-on ## write the plans anew that the engine tests compare with
	@$(PYTEST) tests/engine/test_plan.py --write-plans

bench: ready ## measure `up`, `destroy` and the program
	@$(PY) -m tests.bench

RUNS ?= 200
bench-order: boots ## time to the second AZ, both nodes at once against one by one (as root)
	@$(PY) -m tests.bench.order

bench-interruptions: ready ## end RUNS runs at random moments, and look for what they leave
	@$(PY) -m tests.bench.interruptions --runs $(RUNS)

# --- what the above needs ---

.PHONY: venv ready tested-on originals boots machines routes docs requirements clean
venv: $(INSTALLED) ## install the Python packages

$(INSTALLED): requirements-dev.txt
	@$(PYTHON) -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is missing or older than 3.11; name another: make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -I -c 'import ensurepip' 2>/dev/null || \
	  scripts/need-packages "$(PYTHON) with ensurepip=python3-venv"
	@echo "installing the Python packages into $(VENV)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --no-user --require-hashes --requirement requirements-dev.txt
	@touch $@

ready: venv $(if $(MACHINES),machines)
	@scripts/need-packages ssh-keygen=openssh-client

tested-on: ready
	@scripts/need-packages cloud-init=cloud-init curl=curl git=git systemd-analyze=systemd
	@$(PY) -m localcloud build

originals: venv ## the real Boskos and Prow's entrypoint, which stand-ins are held against
	@$(PY) -m tests.originals >/dev/null

boots: ready machines

machines: venv
	@scripts/need-packages mmdebstrap=mmdebstrap systemd-nspawn=systemd-container ip=iproute2 \
	  git=git nft=nftables nsenter=util-linux mount=mount
	@$(PY) -m localcloud build --machines

# For the tunnel, and the namespaces that its tests are in.
routes: venv
	@scripts/need-packages sshd=openssh-server ssh=openssh-client iptables=iptables \
	  nft=nftables ip=iproute2 nsenter=util-linux

docs: venv ## write the generated documents anew
	@$(PY) -m docs.generate

requirements: ## pin the packages of requirements*.in anew (needs uv)
	@for name in requirements requirements-dev; do \
	  UV_CUSTOM_COMPILE_COMMAND="make requirements" uv pip compile --quiet --universal \
	    --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    $$name.in --output-file $$name.txt; \
	done

clean: ## remove what was made inside the checkout
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
