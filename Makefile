# make demo    the whole pipeline on the synthetic sample, ending in a table of scores
# make test    all tests that take seconds; make test-slow: the others
# make bench   benchmarks, figures on stdout (BENCH_SIZE=tiny: quickly, to prove that they run)
# make bench-logs   every log with default parameters beside the best baseline (BENCH_LOGS="sample ciao",
#              BENCH_SEEDS="1 2 3", BENCH_JOBS=2 at once, BENCH_SET="section.key=value" for an ablation)
# make bench-gpu  training and ranking on a GPU beside the CPU, 8 minutes; BENCH_SIZE=tiny anywhere
# make bench-contest   every stage at the contest's size beside a bare Polars script: two hours, 10 GB of disk
#              (BENCH_RUNS=DIR keeps what is done, and goes on there)
# make bench-tenfold   the data stages at ten times the contest, beside `hhrec plan`: half an hour, 20 GB
#              (with the BENCH_RUNS of bench-contest, whose log and figures it takes)
# make bench-serve   answers in process and over HTTP (BENCH_BUNDLE=DIR: of that bundle)
# make bench-docs   docs/benchmarks.md and its picture from the results
# make peers   RecTools and RePlay in an environment of their own, to compare with
# make lint    ruff, codespell and mypy
# make package wheel and sdist in dist/, and the wheel used from a fresh environment (minutes)
# make lock    rerun the pipeline and stage dvc.lock, before a commit that changes code of a stage
# make reference   write docs/cli.md and params.yaml anew from the code
# make torture   every command killed at each of its changes of the disk; prints kills and losses
# make fuzz    10,000 broken inputs and 2,000 command lines at random: none may end in a traceback
# make fuzz-serve   2,000 requests at random to a server: none may end in a 500
# make test-spark   the data stages on a Spark cluster and a Spark Connect server on this machine (Java 17)
# make test-s3   the pipeline in an S3 server on localhost, killed at each change of the store and at random
# make audit   known weaknesses of the pinned packages; asks the network, so no test runs it
# make coverage   the tests of `make test` with every line counted; prints the lines that none runs
# make mutants    mutmut: faults put into masking, ranking, metrics, filter and ownership, and which of
#              them no test notices (an hour; MUTANTS_OF="stages.filter*" for some)
# make untested   public functions and classes without a test: none, or see tests/helpers/untested.txt
# make clean   remove caches; `rm -r .venv .venv-peers .venv-audit .venv-mutants .venv-fuzz .venv-spark .venv-s3 artifacts` is yours to type

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
READY := $(VENV)/.installed
PEERS ?= .venv-peers
AUDIT ?= .venv-audit
MUTANTS ?= .venv-mutants
FUZZ ?= .venv-fuzz
SPARK ?= .venv-spark
S3 ?= .venv-s3
export BENCH_SIZE ?= full

export PATH := $(abspath $(BIN)):$(PATH)
export DVC_NO_ANALYTICS := 1
export HF_HUB_OFFLINE := 1
export HF_HUB_DISABLE_TELEMETRY := 1

# An environment that has all of ours, and maybe more: $(call on_top,DIR).
define on_top
$(BIN)/python -m venv $(1)
	$(BIN)/python -c 'import site; print(site.getsitepackages()[0])' > $$(echo $(1)/lib/python3*/site-packages)/hhrec.pth
endef

.DELETE_ON_ERROR:
.PHONY: demo test test-slow bench bench-logs bench-gpu bench-docs peers lint package lock reference torture fuzz audit coverage mutants untested install clean bench-serve bench-contest bench-tenfold fuzz-serve test-spark test-s3

demo: $(READY)
	dvc repro --quiet
	hhrec evaluate

test: export OMP_NUM_THREADS := 1
test: lint
	python -m pytest -n $(WORKERS)

coverage: export OMP_NUM_THREADS := 1
coverage: $(READY)
	rm -rf .coverage && mkdir .coverage
	python -m coverage run -m pytest -n $(WORKERS); status=$$?; \
		python -m coverage combine --quiet && python -m coverage report && exit $$status

test-slow: $(READY)
	python -m pytest -m slow --ignore=tests/benchmarks

bench: $(READY) peers
	PEERS=$(abspath $(PEERS)) python -m pytest -m slow -s -o tmp_path_retention_policy=none --ignore=tests/benchmarks/test_logs.py --ignore=tests/benchmarks/test_serve.py --ignore=tests/benchmarks/test_contest.py --ignore=tests/benchmarks/test_tenfold.py tests/benchmarks

bench-logs: $(READY)
	python -m pytest -m slow -s -o tmp_path_retention_policy=none tests/benchmarks/test_logs.py

bench-gpu: $(READY)
	python tests/benchmarks/gpu.py $(or $(BENCH_RESULTS),/tmp/bench-gpu)

bench-contest: $(READY)
	python -m pytest -m slow -s -o tmp_path_retention_policy=none tests/benchmarks/test_contest.py

bench-tenfold: $(READY)
	python -m pytest -m slow -s -o tmp_path_retention_policy=none tests/benchmarks/test_tenfold.py

bench-serve: $(READY)
	python -m pytest -m slow -s -o tmp_path_retention_policy=none tests/benchmarks/test_serve.py

bench-docs: $(READY)
	python tests/benchmarks/docs.py docs/benchmarks docs

peers: $(PEERS)/.installed

$(PEERS)/.installed: tests/benchmarks/peers-constraints.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --constraint $< 'rectools[torch]' 'replay-rec[torch]'
	touch $@

lint: $(READY)
	ruff check .
	ruff format --check .
	codespell
	mypy

# Without isolation setuptools is that of constraints.txt, and nothing is fetched to build.
package: $(READY)
	rm -rf dist
	python -m build --no-isolation --outdir dist
	python tests/helpers/wheel.py dist/*.whl constraints.txt

lock: $(READY)
	dvc repro
	git add dvc.lock

reference: $(READY)
	hhrec params --yaml --params params.yaml > params.yaml.new && mv params.yaml.new params.yaml
	python -m hhrec_cli._reference > docs/cli.md

torture: $(READY)
	python -m pytest -m slow -v -n $(WORKERS) tests/hhrec_cli/test_main_killed.py tests/hhrec_cli/test_train_killed.py

# In an environment of its own: the auditor's packages are none of ours.
audit:
	test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/python -m pip install --quiet 'pip-audit>=2.7'; }
	$(AUDIT)/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --progress-spinner off

# In an environment on top of ours, which therefore stays as constraints.txt says.
mutants: $(MUTANTS)/bin/mutmut
	PYTHONPATH= PATH=$(abspath $(MUTANTS)/bin):$$PATH mutmut run --max-children $(WORKERS) $(MUTANTS_OF)
	$(MUTANTS)/bin/mutmut results

$(MUTANTS)/bin/mutmut: $(READY)
	$(call on_top,$(MUTANTS))
	$(MUTANTS)/bin/python -m pip install --quiet 'mutmut==3.8.1'

fuzz: $(READY)
	python -m pytest -m slow -v -n $(WORKERS) tests/test_fuzz.py

# In an environment of its own, as the auditor's.
fuzz-serve: $(READY)
	test -x $(FUZZ)/bin/schemathesis || { $(PYTHON) -m venv $(FUZZ) && $(FUZZ)/bin/python -m pip install --quiet 'schemathesis>=4.32'; }
	FUZZER=$(abspath $(FUZZ))/bin/schemathesis python -m pytest -m slow tests/hhrec_cli/test_serve_fuzzed.py

# In an environment on top of ours, as the mutants': pyspark brings pandas, which ours does without.
test-spark: $(SPARK)/bin/spark-submit
	PYTHONPATH= $(SPARK)/bin/python -m pytest -m slow -v tests/stages/core/engines

$(SPARK)/bin/spark-submit: $(READY)
	$(call on_top,$(SPARK))
	$(SPARK)/bin/python -m pip install --quiet --constraint constraints.txt 'pandas<3' 'pyspark[connect]'

# In an environment on top of ours, too: moto brings boto3, which accelerate imports where it is, and which
# opens a socket when it is imported.
test-s3: export OMP_NUM_THREADS := 1
test-s3: $(S3)/bin/moto_server
	PYTHONPATH= $(S3)/bin/python -m pytest -m "slow or not slow" -v tests/stages/remote tests/hhrec_cli/test_places.py tests/hhrec_cli/test_places_killed.py

$(S3)/bin/moto_server: $(READY)
	$(call on_top,$(S3))
	$(S3)/bin/python -m pip install --quiet --constraint constraints.txt s3fs 'moto[s3]' flask flask-cors

untested: $(READY)
	python tests/helpers/untested.py

# Hooks go into a clone of its own only: a copy of the files may lie inside another repository.
install: $(READY)
	if test -e .git && git rev-parse --git-dir >/dev/null 2>&1; then \
		pre-commit install || echo "no hooks: commits are not checked"; \
	fi

# The stamp is newer than both files when all is installed; the venv itself is made once.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage mutants build dist ./*.egg-info
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
