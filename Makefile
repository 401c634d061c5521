# The verbs of this project. Each is a plain go command; 'make check' is what has to pass before a change lands.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: test race slow fuzz arm64 lint check bench

test: ## the tests, fast
	go test ./...

race: ## the same under the race detector
	go test -race ./...

slow: ## long tests too: many kills and resumes, ten thousand steps
	go test -tags slow -timeout 60m ./...

arm64: ## kernels, operations, layers and solvers for arm64, on qemu-user-static unless this machine is one
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go test -short -timeout 60m -exec qemu-aarch64-static \
		./graph/kernel/... ./graph/op ./graph/blas ./graph ./layers/... ./solvers/...

fuzz: ## every decoder for FUZZTIME (10s)
	.ci/fuzz

lint: ## formatting, vet, staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

check: ## everything that continuous integration runs
	bash .ci/run

bench: ## the benchmark suite, 1 and 2 threads
	go test -run '^$$' -bench 'Layer|TrainStep|Compile|Solver|Stream' -cpu 1,2 ./benchmarks
