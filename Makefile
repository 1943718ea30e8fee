# swiftotp: see README.md. `make try` to try it, `make test` to test it.

BUILD = swift build
SOURCES = Package.swift Sources Tests

.PHONY: all setup debug release test lint format try bench fuzz clean

all: release

# What Debian 12 needs beside the Swift toolchain, make and git.
setup:
	Tests/setup

debug: setup
	$(BUILD) --build-tests

# The command line tool brings Swift's library with it, as most machines have none, and looks for
# no library in its own folder.
release: setup
	$(BUILD) -c release --product pam_swiftotp
	$(BUILD) -c release --product swiftotp-helper
	$(BUILD) -c release --static-swift-stdlib --disable-local-rpath --product otp-enroll

# Everything, in namespaces of its own, so that the machine's users, services and log stay as they are.
# Not all at once: several hundred logins in the same moment would keep each other waiting too long.
test: setup lint release debug
	Tests/fuzz 200000
	Tests/ground swift test --skip-build --experimental-maximum-parallelization-width 16

lint: setup
	swift format lint --strict --recursive $(SOURCES)
	shellcheck Sources/pam_swiftotp/link Tests/fuzz Tests/ground Tests/setup Tests/try Tests/Bench/run .ci/run

format:
	swift format --in-place --recursive $(SOURCES)

# Enrolls a user that exists for this only, and logs in through a real sshd on loopback.
try: release
	$(BUILD) -c release --product try-player
	Tests/try "$$($(BUILD) -c release --show-bin-path)"

# Side by side with pam_google_authenticator and pam_oath; writes docs/BENCHMARKS.md.
bench: release
	$(BUILD) -c release --product pam-dialogue
	Tests/Bench/run "$$($(BUILD) -c release --show-bin-path)"

# What an ordinary user may send to swiftotp-helper, for as long as RUNS says.
fuzz: setup
	Tests/fuzz $(RUNS)

clean:
	rm -rf .build
