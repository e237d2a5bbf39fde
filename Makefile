# The project's chores. `make` alone lists them. PORT=… changes the port of `make run`.
.DEFAULT_GOAL := help
.PHONY: help install run staff chat demo-channels train evaluate bench test test-scale lint lock clean
PYTHON := .venv/bin/python
HELPLINE := $(PYTHON) -m helpline
export PYTHONWARNINGS := ignore

help: ## list the chores
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

install: ## make the environment (.venv) from requirements.lock
	@scripts/install

run: install ## train if needed and run the assistant on http://localhost:5005
	@$(HELPLINE) run

staff: install ## run the staff console on http://localhost:5006 and say how to sign in
	@$(HELPLINE) staff

chat: install ## talk with the running assistant in the terminal
	@$(HELPLINE) chat

demo-channels: install ## the messaging channels side by side on http://localhost:5007, with stand-ins for the vendors
	@$(HELPLINE) demo-channels

train: install ## train a model and publish it
	@$(HELPLINE) train

evaluate: install ## measure the model on the frozen test set: results/evaluation.md and a picture
	@$(HELPLINE) evaluate

bench: install ## time it beside `rasa init` and a bare Sanic echo: results/bench.md and a picture
	@$(HELPLINE) bench

test: install lint ## run the whole test suite
	@scripts/test

test-scale: install ## run the slow tests: a thousand sockets, hundreds of disconnects
	@scripts/test -m scale

lint: install ## check style
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .

lock: install ## choose package versions anew and write requirements.lock
	@scripts/lock

clean: ## remove models, results, stored conversations and accounts (not the environment)
	rm -rf models results var .rasa
