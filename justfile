# Every recipe is one script, so `just` need not be installed: `scripts/lint` does what `just lint` does.

# What the recipes are.
default:
    @just --list

# Format all code.
fmt:
    scripts/fmt

# Clippy on all feature combinations.
lint:
    scripts/lint

# All tests.
test:
    scripts/test

# The documentation, warnings as errors.
doc:
    scripts/doc

# The rules of the source tree.
layers:
    scripts/layers

# Vector operations that the compiler did not inline.
inlining:
    scripts/inlining

# The crate without std, alloc and libc.
no_std:
    scripts/no_std

# The stack that calls need in debug builds.
unoptimised:
    scripts/unoptimised

# The crates this one may depend on.
dependencies:
    scripts/dependencies

# The same bits on every instruction set this machine can show.
levels *builds:
    scripts/levels {{builds}}

# The tests on x86-64 processors that this machine is not.
emulated:
    scripts/emulated

# Memory checkers: valgrind, address, thread, memory.
memory *checkers:
    scripts/memory {{checkers}}

# The tests on other families of processors: aarch64, wasm, s390x.
cross *targets:
    scripts/cross {{targets}}

# Firmware for a Cortex-M4F, run under an emulator.
firmware:
    scripts/firmware

# A short run of every fuzz target, or of some.
fuzz-smoke *targets:
    scripts/fuzz-smoke {{targets}}

# Record the digests of all results again.
bits:
    scripts/bits

# The benchmarks.
bench name='':
    scripts/bench {{name}}

# This crate beside its peers in Rust and Python.
peers *arguments:
    scripts/peers {{arguments}}

# Examples, benches and fuzz targets, built.
programs:
    scripts/programs

# Words, TOML files and shell scripts.
spelling:
    scripts/spelling

# Everything that CI does.
ci:
    bash .ci/run

# Planted faults, and the check that finds each.
faults *names:
    scripts/faults {{names}}

# Changes of the sources that no test notices: a sample.
mutants *shard:
    scripts/mutants {{shard}}

# The lines that the tests run.
coverage:
    scripts/coverage

# What must hold before a release: package, licences, features, api.
release *checks:
    scripts/release {{checks}}

# A few figures of speed beside the record; with --record all of them.
speed *record:
    scripts/speed {{record}}

# Instructions of some kernels beside the record.
instructions:
    scripts/instructions
