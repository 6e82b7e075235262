# The same words as ./dev, for those whose fingers type make. Arguments: make sim ARGS="--help"
WORDS := run test build setup bench sim fuzz asan tsan coverage format tidy containers clean help
.PHONY: $(WORDS)
.DEFAULT_GOAL := help
$(WORDS):
	@./dev $@ $(ARGS)
