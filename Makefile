# The commands of this repository, for people and CI. `make` lists them.
#
#   STACK       the stack of up, preview, down and the like. `local` is on the embedded cloud; every
#               other stack is on Google Cloud, with its settings in Pulumi.STACK.yaml.
#   MACHINES=1  use another embedded cloud, whose instances boot (as root). Its stack is `machines`.
#   DEVSTACK=real  with MACHINES=1: build the real DevStack instead of a stand-in. Its stack is `real`.
#   MIRRORS     with DEVSTACK=real: a folder of git mirrors, each OWNER/NAME.git; default: the
#               repositories' usual place.
#   VENV        folder of the Python packages; name one elsewhere if the checkout is read-only.

SHELL := bash
.SHELLFLAGS := -p -o errexit -o nounset -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
# Drop the user's options for pip, Python, git and others, which would change our programs.
unexport $(shell $(PYTHON) -I host/inherited.py 2>/dev/null)

MACHINES ?=
DEVSTACK ?= standin
REAL := $(filter real,$(DEVSTACK))
$(if $(filter-out real standin,$(DEVSTACK)),$(error DEVSTACK: '$(DEVSTACK)' is neither standin nor real))
$(if $(REAL),$(if $(MACHINES),,$(error DEVSTACK=real: it is built on machines; add MACHINES=1)))
STACK ?= $(if $(REAL),real,$(if $(MACHINES),machines,local))
VENV ?= .venv
$(if $(word 2,$(VENV)),$(error VENV: '$(VENV)' has a space, which make cannot have in a name; name another folder))
# Folder in which `make e2e-files` writes clouds.yaml and e2e.env.
DIR ?= .
# For `make e2e`: the checkout of CAPO whose tests run.
CAPO ?=
MIRRORS ?=
# Folder of the logs of `make devstack`.
LOGS ?= $(CURDIR)/_artifacts/devstack
# For `make tempest` and `make gophercloud`: the file that `make e2e-files` wrote, and a regex.
CLOUDS ?= $(if $(MACHINES),$(LOGS),$(DIR))/clouds.yaml
ONLY ?=

PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.requirements-installed
# Without pytest's cache, tests run in a read-only checkout and leave `git status` clean. Most
# tests wait for something, so there are three processes for each core.
PROCESSES := $(shell echo $$((3 * $$(nproc))))
PYTEST := $(PY) -m pytest -p no:cacheprovider --numprocesses $(PROCESSES) --dist loadgroup
TYPED := host stacks job localcloud docs __main__.py
NODE_LIBRARIES := $(wildcard cloudinit/*/rootfs/usr/local/lib/devstack-node)
SHFMT := $(VENV)/bin/shfmt --indent 2
EMBEDDED := $(or $(MACHINES),$(filter local,$(STACK)))
KIND := $(if $(MACHINES),--machines --devstack $(DEVSTACK) $(if $(MIRRORS),--mirrors '$(MIRRORS)'))
JOB := $(if $(EMBEDDED),$(PY) -m localcloud run $(KIND) -- )$(PY) -m job

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the cloud ---

.PHONY: preflight up preview refresh outputs down e2e-files enter e2e bake
preflight: ready ## find problems that would make `up` fail
	@$(JOB) preflight --stack $(STACK) --for up

up: ready ## create or update the stack, and print its outputs
	@$(JOB) up --stack $(STACK)

preview: ready ## show what `up` would change
	@$(JOB) preview --stack $(STACK)

refresh: ready ## update the state from the cloud
	@$(JOB) refresh --stack $(STACK)

outputs: ready ## print the stack's outputs, secrets masked
	@$(JOB) outputs --stack $(STACK)

e2e-files: ready ## write clouds.yaml and e2e.env into DIR
	@$(JOB) e2e-files --stack $(STACK) --dir '$(DIR)'

# People have clients of their own, so the shell has the user's PATH.
enter: ready ## open a shell in the nodes' network, in which OpenStack clients find clouds.yaml
	@$(if $(MACHINES),,echo 'nodes of this cloud have no network: make enter MACHINES=1' >&2; exit 1)
	@$(JOB) e2e-files --stack $(STACK) --dir '$(DIR)'
	@OS_CLIENT_CONFIG_FILE=$$(realpath '$(DIR)')/clouds.yaml \
	  $(PY) -m localcloud run $(KIND) --beside-nodes -- "$${SHELL:-bash}"

# The job's namespace may have no way to a package index, so its packages are installed before.
e2e: boots routes containers ## run CAPO's E2E tests of the checkout CAPO on machines that boot (as root)
	@[[ -n "$(MACHINES)" && -n "$(CAPO)" ]] || { \
	  echo 'name a checkout of CAPO, and let the nodes boot: make e2e MACHINES=1 CAPO=…' >&2; exit 1; }
	@PATH="$$(dirname "$$($(PY) -m localcloud build)"):$$PATH" \
	  scripts/ci-e2e.sh --install-only '$(CAPO)'
	@$(PY) -m localcloud run $(KIND) --docker -- scripts/ci-e2e.sh '$(CAPO)'

KEEP ?= 3
bake: ready ## build the nodes, keep KEEP images of each, and destroy them
	@$(JOB) bake --stack $(STACK) --keep $(KEEP)

down: ready ## destroy the stack; on the embedded cloud, stop that too
	@$(JOB) down --stack $(STACK)
	@$(if $(EMBEDDED),$(PY) -m localcloud stop $(KIND))

# --- checks ---

.PHONY: check style fmt lint types shell docs-check
check: style test ## run everything that CI runs

style: lint types shell docs-check ## run all checks except the tests

fmt: venv ## format the code
	@$(PY) -m ruff format
	@$(PY) -m ruff check --fix
	@$(SHFMT) --write $$($(SHELL_SCRIPTS))

lint: venv ## check the style of the Python code
	@$(PY) -m ruff format --check
	@$(PY) -m ruff check

types: venv ## check the types of the Python code
	@$(PY) -m mypy $(TYPED)
	@# 3.10 is the oldest Python that mypy knows. CentOS Stream 9 has 3.9; ruff checks for that.
	@MYPYPATH=$$(tr ' ' : <<<'$(NODE_LIBRARIES)') $(PY) -m mypy --python-version 3.10 $(wildcard $(NODE_LIBRARIES:=/*/))

# Shell scripts are found by their first line, since programs on a node have no suffix.
SHELL_SCRIPTS = grep --recursive --files-with-matches --extended-regexp --max-count=1 \
	'^\#!(/usr)?/bin/(env )?(ba)?sh' scripts cloudinit localcloud/devstack \
	localcloud/docker localcloud/machines tests/devstack/guest .ci

shell: venv ## check the shell scripts
	@$(VENV)/bin/shellcheck $$($(SHELL_SCRIPTS))
	@$(SHFMT) --diff $$($(SHELL_SCRIPTS))

docs-check: venv ## check that the generated documents are current
	@$(PY) -m docs.generate --check

# --- tests ---

# These tests need gcloud, which neither Debian nor PyPI has. Nothing else needs it.
GCLOUD_TESTS := tests/contract/test_gcloud.py
WITHOUT_GCLOUD := --ignore=$(GCLOUD_TESTS)

.PHONY: test unit nodes contract gcloud-test engine boot devstack tempest gophercloud tunnel-test plans bench bench-order bench-interruptions
test: tested-on originals boots routes containers busybox ## run all tests (as root)
	@$(PYTEST) tests $(WITHOUT_GCLOUD)

unit: tested-on ## run the unit tests, which start no engine
	@$(PYTEST) tests/unit

nodes: tested-on ## test the programs of the nodes
	@$(PYTEST) tests/nodes

contract: tested-on originals ## test the doubles with Google's clients and the real Boskos
	@$(PYTEST) tests/contract $(WITHOUT_GCLOUD)

gcloud-test: venv ## test the API double with gcloud, which is not in Debian
	@scripts/need-packages gcloud=google-cloud-cli
	@$(PYTEST) $(GCLOUD_TESTS)

engine: tested-on ## test the program on the real engine and localcloud
	@$(PYTEST) tests/engine

boot: tested-on boots routes containers busybox ## test both nodes' user data on machines that boot (as root)
	@$(PYTEST) tests/boot

# STEPS: some of built images checks tempest gophercloud; by default all.
devstack: boots ## build, judge and bake the real DevStack; start it from its images (as root)
	@scripts/need-packages slirp4netns=slirp4netns qemu-img=qemu-utils ping=iputils-ping
	@$(PY) -m tests.devstack $(if $(MIRRORS),--mirrors '$(MIRRORS)') --artifacts '$(LOGS)' \
	  $(if $(STEPS),--steps $(STEPS))

# Two suites of other projects judge a cloud, with MACHINES=1 from the nodes' own network. What they
# need of package registries is fetched before, from this machine's own network.
JUDGE = $(if $(MACHINES),$(PY) -m localcloud run $(KIND) --beside-nodes --) $(PY) -m tests.devstack.$@ \
  --clouds '$(CLOUDS)' --artifacts '$(LOGS)' --only '$(ONLY)'

tempest: suite ## run OpenStack's own tests, or those that match ONLY, on the cloud of CLOUDS
	@$(PY) -m tests.devstack.tempest --prepare
	@$(JUDGE)

gophercloud: suite ## run gophercloud's tests, or those that match ONLY, on the cloud of CLOUDS
	@$(PY) -m tests.devstack.gophercloud --prepare
	@$(JUDGE)

.PHONY: suite
suite: ready
	@mkdir -p '$(LOGS)'
	@$(if $(MACHINES),$(JOB) e2e-files --stack $(STACK) --dir '$(LOGS)')

tunnel-test: routes ## test the tunnel between network namespaces (as root)
	@$(PYTEST) tests/tunnel

plans: tested-on ## rewrite the plans that the engine tests compare with
	@$(PYTEST) tests/engine/test_plan.py --write-plans

bench: ready ## measure `up`, `destroy` and the program
	@$(PY) -m tests.bench

RUNS ?= 200
bench-order: boots ## measure the time to the second AZ, both nodes at once or in turn (as root)
	@$(PY) -m tests.bench.order

bench-interruptions: ready ## interrupt RUNS runs at random moments, and count the leftovers
	@$(PY) -m tests.bench.interruptions --runs $(RUNS)

# --- prerequisites ---

.PHONY: venv ready tested-on originals boots machines routes containers busybox docs requirements tempest-pins clean
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

originals: venv ## build the real Boskos and Prow's entrypoint, to test the doubles
	@$(PY) -m tests.originals >/dev/null

boots: ready machines

machines: venv
	@scripts/need-packages mmdebstrap=mmdebstrap systemd-nspawn=systemd-container ip=iproute2 \
	  git=git nft=nftables nsenter=util-linux mount=mount \
	  $(if $(REAL),slirp4netns=slirp4netns qemu-img=qemu-utils)
	@$(PY) -m localcloud build $(or $(KIND),--machines)

# Programs of the tunnel, and of the network namespaces in which its tests run.
routes: venv
	@scripts/need-packages sshd=openssh-server ssh=openssh-client iptables=iptables \
	  nft=nftables ip=iproute2 nsenter=util-linux

# The engine that `localcloud run --docker` starts.
containers: venv
	@scripts/need-packages dockerd=docker.io docker=docker.io containerd=containerd runc=runc

# The content of a container's image in a test.
busybox: venv
	@scripts/need-packages busybox=busybox-static

docs: venv ## rewrite the generated documents
	@$(PY) -m docs.generate

requirements: ## renew the pins of the packages in requirements*.in (needs uv)
	@for name in requirements requirements-dev; do \
	  UV_CUSTOM_COMPILE_COMMAND="make requirements" uv pip compile --quiet --universal \
	    --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    $$name.in --output-file $$name.txt; \
	done

# OpenStack's constraints are the file upper-constraints.txt of its repository requirements.
CONSTRAINTS ?= upper-constraints.txt
TEMPEST := tests/devstack/tempest/requirements
tempest-pins: ## renew tempest's pins, by CONSTRAINTS of OpenStack's release (needs uv)
	@UV_CUSTOM_COMPILE_COMMAND="make tempest-pins" uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --constraint '$(CONSTRAINTS)' $(TEMPEST).in --output-file $(TEMPEST).txt

clean: ## remove generated files from the checkout
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
