# swiftotp: see README.md. `make try` to try it, `make test` to test it, `make deb` or `make rpm`
# for packages, `make release` and `sudo make install` without them.

# The release, which stands in one place.
VERSION = $(shell sed -n 's/.* number = "\(.*\)"/\1/p' Sources/OTPWire/Version.swift)
BUILD = swift build
SOURCES = Package.swift Sources Tests

.PHONY: all setup setup-build setup-packages setup-repo debug release build command test lint \
	format try bench fuzz proof coverage strangers picture clean install uninstall tree dist deb fetch \
	source rpm repo key

all: release

# What a Debian needs beside the Swift toolchain, make and git: for everything, for building alone,
# or for building packages.
setup:
	Tests/setup

setup-build:
	Tests/setup build

setup-packages:
	Tests/setup packages

setup-repo:
	Tests/setup repo

debug: setup
	$(BUILD) --build-tests

release: setup-build build

# What `release` does once everything that it needs is there, for packages, which say so themselves.
# Nothing looks for libraries in its own folder, and no name of that folder gets into a program. The
# programs bring Swift's library with them, as most machines have none; the module needs none. The
# toolchain's own linker, whatever binutils a system has: GNU ld 2.44 left programs without RELRO.
# Nor is anything made of it: debug information would name C modules by a hash of their place, and the
# compiler would leave a hash of what it compiled, places and all, to save work another time.
RELEASE = $(BUILD) -c release --disable-local-rpath \
	-Xswiftc -file-prefix-map -Xswiftc $(CURDIR)=. \
	-Xswiftc -Xfrontend -Xswiftc -no-clang-module-breadcrumbs \
	-Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen
PROGRAM = $(RELEASE) --static-swift-stdlib -Xswiftc -use-ld=lld \
	-Xlinker -z -Xlinker now -Xlinker -z -Xlinker relro
build:
	$(RELEASE) --product pam_swiftotp
	$(PROGRAM) --product swiftotpd
	$(PROGRAM) --product otp-enroll

# otp-enroll alone.
command:
	$(PROGRAM) --product otp-enroll

# Everything, in namespaces of its own, so that the machine's users, services and log stay as they are.
# Two things at once where each keeps one processor busy.
test: setup lint debug
	$(MAKE) --jobs=2 --output-sync build fuzz RUNS=200000
	$(MAKE) deb rpm
	Tests/suite

lint: setup
	swift format lint --strict --recursive $(SOURCES)
	shellcheck Tests/chroot Tests/coverage Tests/foreign Tests/fuzz Tests/ground Tests/proof \
		Tests/reproduce Tests/selinux Tests/setup Tests/suite Tests/try Tests/upgrade \
		Tests/Bench/run .ci/run packaging/debian/*.postinst packaging/debian/*.prerm \
		packaging/debian/*.postrm packaging/debian/tests/login packaging/pam-lines packaging/repo \
		packaging/container/entrypoint

format:
	swift format --in-place --recursive $(SOURCES)

# Enrolls a user that exists for this only, and logs in through a real sshd on loopback.
try: setup release
	$(RELEASE) --product try-player
	Tests/try "$$($(BUILD) -c release --show-bin-path)"

# Side by side with pam_google_authenticator and pam_oath; writes docs/BENCHMARKS.md.
bench: setup release
	$(RELEASE) --product pam-dialogue
	Tests/Bench/run "$$($(BUILD) -c release --show-bin-path)"

# What a wrong code takes for users who are enrolled, are not, or do not exist.
strangers: setup release
	$(RELEASE) --product pam-dialogue
	Tests/ground unshare -n python3 -B Tests/Bench/strangers.py \
		--bin "$$($(BUILD) -c release --show-bin-path)"

# What outsiders may send, and whole logins on a disk that fails: RUNS, scaled by what each costs.
fuzz: setup
	Tests/fuzz $(RUNS)

# What `make test` proves shortly, at length; writes the figures to docs/RESULTS.md.
proof: setup release debug
	Tests/proof $(RUNS)

# Which lines of OTPCore and OTPStore their tests do not reach.
coverage: setup
	Tests/coverage

# README's pictures of an enrollment and a login.
picture: setup release
	for name in enrollment login; do \
		Tests/ground python3 -B docs/picture.py "$$($(BUILD) -c release --show-bin-path)" \
			$$name docs/$$name.svg || exit 1; \
	done

clean:
	rm -rf .build

# MARK: Installing

# What people call goes below PREFIX. The module goes where this distribution's libpam looks for it,
# and the service where the unit, the module, and the rules for AppArmor and SELinux look for it.
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/swiftotp
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d
UNITDIR = $(PREFIX)/lib/systemd/system
LIBEXECDIR = /usr/libexec
TMPFILESDIR = /usr/lib/tmpfiles.d
PAMDIR = $(firstword $(wildcard /usr/lib/$(MACHINE)-linux-gnu/security /usr/lib64/security) \
	/usr/lib/security)
# Read by pam-auth-update, which Debian and its descendants have; without that, nobody minds it.
PAMCONFIGDIR = /usr/share/pam-configs

INSTALL = install
INSTALL_PROGRAM = $(INSTALL) -s -m 0755
INSTALL_DATA = install -m 0644
BIN = .build/release
# Writes the shells' completions, which needs one that runs here.
ENROLL ?= .build/release/otp-enroll
UNITS = swiftotpd.socket swiftotpd.service
MANUALS = $(patsubst packaging/man/%.scd,%,$(wildcard packaging/man/*.scd))

# Everything that `install` writes; `uninstall` removes that and no more.
INSTALLED = $(PAMDIR)/pam_swiftotp.so $(LIBEXECDIR)/swiftotpd \
	$(LIBEXECDIR)/swiftotp/pam-lines $(BINDIR)/otp-enroll \
	$(addprefix $(UNITDIR)/,$(UNITS)) $(TMPFILESDIR)/swiftotp.conf $(PAMCONFIGDIR)/swiftotp \
	$(foreach page,$(MANUALS),$(MANDIR)/man$(patsubst .%,%,$(suffix $(page)))/$(page)) \
	$(BASHDIR)/otp-enroll $(ZSHDIR)/_otp-enroll $(FISHDIR)/otp-enroll.fish \
	$(DOCDIR)/swiftotp.conf

# Of what was built, so that root compiles nothing. It changes no login: that takes a line in
# /etc/pam.d, or pam-auth-update. /etc stays as it is; `otp-enroll` makes the store at first need, and
# `systemctl enable --now swiftotpd.socket` starts the service. A manual's first line has man(1) ask
# tbl(1), for its tables.
install:
	@for file in libpam_swiftotp.so swiftotpd otp-enroll; do \
		[ -e "$(BIN)/$$file" ] || { echo "install: run \`make release\` first" >&2; exit 1; }; \
	done
	$(INSTALL_PROGRAM) -m 0644 -D $(BIN)/libpam_swiftotp.so $(DESTDIR)$(PAMDIR)/pam_swiftotp.so
	$(INSTALL_PROGRAM) -D $(BIN)/swiftotpd $(DESTDIR)$(LIBEXECDIR)/swiftotpd
	$(INSTALL_PROGRAM) -D $(BIN)/otp-enroll $(DESTDIR)$(BINDIR)/otp-enroll
	$(INSTALL) -D packaging/pam-lines $(DESTDIR)$(LIBEXECDIR)/swiftotp/pam-lines
	for unit in $(UNITS); do \
		sed 's|=/usr/libexec/|=$(LIBEXECDIR)/|' "packaging/systemd/$$unit" | \
		$(INSTALL_DATA) -D /dev/stdin "$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; \
	done
	$(INSTALL_DATA) -D packaging/tmpfiles/swiftotp.conf $(DESTDIR)$(TMPFILESDIR)/swiftotp.conf
	$(INSTALL_DATA) -D packaging/pam-configs/swiftotp $(DESTDIR)$(PAMCONFIGDIR)/swiftotp
	$(INSTALL_DATA) -D packaging/swiftotp.conf $(DESTDIR)$(DOCDIR)/swiftotp.conf
	for page in $(MANUALS); do \
		{ echo "'\\\" t" && scdoc <"packaging/man/$$page.scd"; } | \
		$(INSTALL_DATA) -D /dev/stdin "$(DESTDIR)$(MANDIR)/man$${page##*.}/$$page" || exit 1; \
	done
	set -e; completion() { \
		"$(ENROLL)" --generate-completion-script "$$1" | sed '1{/^#!/d}' | \
		$(INSTALL_DATA) -D /dev/stdin "$(DESTDIR)$$2"; \
	}; \
	completion bash $(BASHDIR)/otp-enroll; \
	completion zsh $(ZSHDIR)/_otp-enroll; \
	completion fish $(FISHDIR)/otp-enroll.fish

# Not while a PAM stack still names the module: its logins would all be denied.
uninstall:
	@packaging/pam-lines "$(DESTDIR)" >&2 || { \
		echo "uninstall: these lines still need the module; take them away first" >&2; \
		exit 1; \
	}
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	for folder in $(DESTDIR)$(DOCDIR) $(DESTDIR)$(LIBEXECDIR)/swiftotp; do \
		[ ! -d "$$folder" ] || rmdir "$$folder" || exit 1; \
	done

# MARK: Packages

# What is committed, as a tarball that needs no git where it goes: the same bytes whoever makes it, as
# owner, modes and times are git's.
DIST = .build/dist
dist:
	mkdir -p $(DIST)
	git -c tar.umask=022 archive --prefix=swiftotp-$(VERSION)/ -o $(DIST)/swiftotp-$(VERSION).tar HEAD
	gzip -9nf $(DIST)/swiftotp-$(VERSION).tar
	cd $(DIST) && sha256sum swiftotp-$(VERSION).tar.gz >SHA256SUMS

PACKAGES = .build/packages
TREE = $(PACKAGES)/swiftotp

# A tree with the project's files and nothing else, in which both packages are made; of what was
# built here, so that nothing is compiled twice. Modes and times are not those of this folder, so that
# the packages are the same bytes wherever and whenever they are made (Tests/reproduce).
tree: setup-packages build
	mkdir -p $(TREE)/.build
	rsync -a --delete --exclude=/.git --filter=':- .gitignore' --filter='P /.build' ./ $(TREE)/
	cp -p Package.resolved $(TREE)/
	chmod -R u=rwX,go=rX $(TREE)
	epoch=$$(dpkg-parsechangelog -l packaging/debian/changelog -S Timestamp) && \
		find $(TREE) -exec touch -h -d "@$$epoch" {} +
	ln -sfn $(abspath $(BIN)) $(TREE)/.build/release

# -nc: the tree is clean already; -P: the toolchain is the one on PATH, and no package of Debian's.
deb: tree
	rm -rf $(PACKAGES)/*.deb $(PACKAGES)/*.changes $(PACKAGES)/*.buildinfo
	cp -a $(TREE)/packaging/debian $(TREE)/debian
	cd $(TREE) && $(WITHIN) dpkg-buildpackage -b -nc -us -uc -Ppkg.swiftotp.toolchain $(FOREIGN)
	rm -rf $(TREE)/debian

fetch:
	swift package resolve

# Debian's source package. What SwiftPM fetches elsewhere is in it, as a package is built without a
# network; Package.swift takes it from there.
SOURCE = .build/source
source: setup-packages fetch
	mkdir -p $(SOURCE)/swiftotp
	rsync -a --delete --exclude=/.git --exclude=/.build --filter=':- .gitignore' ./ $(SOURCE)/swiftotp/
	cp -a packaging/debian $(SOURCE)/swiftotp/debian
	rsync -a --exclude=.git --exclude=.gitignore .build/checkouts/swift-argument-parser $(SOURCE)/swiftotp/
	cd $(SOURCE) && dpkg-source -b swiftotp

# --nodeps: on Debian, no package that rpm knows of is installed. Times are those of the changelog, in
# the words of rpm up to 4.19 and from 4.20 on.
rpm: tree
	rm -rf $(PACKAGES)/*.rpm
	cd $(TREE) && rpmbuild -bb --nodeps --build-in-place \
		--define '_topdir $(abspath $(PACKAGES))/rpm' \
		--define '_rpmdir $(abspath $(PACKAGES))' --define '_rpmfilename %{NVRA}.rpm' \
		--define 'source_date_epoch_from_changelog 1' \
		--define 'use_source_date_epoch_as_buildtime 1' \
		--define 'clamp_mtime_to_source_date_epoch 1' \
		--define 'build_mtime_policy clamp_to_source_date_epoch' \
		--define '_buildhost swiftotp.invalid' packaging/rpm/swiftotp.spec

# A folder for a web server, from which apt and dnf install both: docs/REPOSITORY.md. What lies in REPO
# already stays. KEY is the admin's own, of gpg, and looked at before anything is built.
REPO = .build/repo
repo: key setup-repo deb rpm
	packaging/repo $(REPO) "$(KEY)" $(PACKAGES)/*.deb $(PACKAGES)/*.rpm

key:
	@packaging/repo --key "$(KEY)"

# MARK: For another processor

# ARCH is Debian's name for it, SYSROOT the folder with its libraries and headers (else those of this
# machine, where Debian has them side by side), and RUNTIME the lib/swift of the same Swift for that
# processor; CONTRIBUTING.md has more.
ARCH =
SYSROOT =
RUNTIME =
MACHINE = $(shell uname -m)

ifneq ($(ARCH),)
MACHINE = $(patsubst arm64,aarch64,$(patsubst amd64,x86_64,$(ARCH)))
BIN = .build/$(ARCH)/release
PACKAGES = .build/$(ARCH)/packages
INSTALL = install --strip-program=$(MACHINE)-linux-gnu-strip
# Both in one folder, where swiftc looks for them. It cannot be /: Swift takes everything below it for
# the system's.
ROOT = $(CURDIR)/.build/$(ARCH)/sysroot
build: $(ROOT)
$(ROOT):
	mkdir -p $@/usr/lib
	ln -s usr/lib $@/lib
	ln -s $(SYSROOT)/usr/include $@/usr/include
	ln -s $(filter-out %/swift %/swift_static,$(wildcard $(SYSROOT)/usr/lib/*)) $@/usr/lib
	ln -s $(RUNTIME) $@/usr/lib/swift
	ln -s $(RUNTIME)_static $@/usr/lib/swift_static
# For Package.swift, which runs here.
export SWIFTOTP_MACHINE = $(MACHINE)
export SWIFTOTP_RUNTIME = $(ROOT)/usr/lib/swift
# swiftc does not tell the linker of its own where the libraries are.
RELEASE += --scratch-path .build/$(ARCH) --triple $(MACHINE)-unknown-linux-gnu --sdk $(ROOT) \
	-Xswiftc -sdk -Xswiftc $(ROOT) -Xswiftc -resource-dir -Xswiftc $(ROOT)/usr/lib/swift \
	-Xswiftc -Xclang-linker -Xswiftc --sysroot=$(ROOT)
PROGRAM += -Xswiftc -resource-dir -Xswiftc $(ROOT)/usr/lib/swift_static

# Of the packages' own programs, nothing runs here: this machine's otp-enroll writes the completions.
# -d: dpkg would want tools such as scdoc for the other processor too.
.PHONY: native
native:
	env -u SWIFTOTP_MACHINE -u SWIFTOTP_RUNTIME $(MAKE) command ARCH=
tree: native
deb: export ENROLL = $(CURDIR)/.build/release/otp-enroll
FOREIGN = -d -a$(ARCH)
# In the packages' tree, what was built has its usual place.
WITHIN = env -u MAKEFLAGS DEB_BUILD_OPTIONS=nocheck
ifneq ($(filter rpm,$(MAKECMDGOALS)),)
$(error RPMs are made for this machine's processor alone)
endif
endif

# On arm64 pages have 4, 16 or 64 KB: what is read-only after the start ends where one of the largest
# does, as it would not be protected elsewhere.
ifeq ($(MACHINE),aarch64)
RELEASE += -Xlinker -z -Xlinker common-page-size=65536
endif
